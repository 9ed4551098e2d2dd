#!/bin/sh
# Makes recording.mp4 and recording.mp3: a test picture that counts seconds, and
# a soft tone. The files here come from ffmpeg 5.1.9 in Debian 12, and the same
# ffmpeg gives the same bytes. Other versions may not, and that is fine.
#
# -bitexact keeps version numbers out of the files, and the filter drops the
# note that x264 leaves in the video. x264 has one thread because the number of
# threads changes its output. The MP3 has no tag, because the server adds one.
set -eu
cd "$(dirname "$0")"
ffmpeg -nostdin -v error -y \
  -f lavfi -i testsrc=size=160x120:rate=10:duration=2 \
  -f lavfi -i sine=frequency=440:sample_rate=48000:duration=2 \
  -map 0 -map 1 -bitexact -movflags +faststart \
  -c:v libx264 -threads:v 1 -refs:v 1 -profile:v baseline -pix_fmt yuv420p -crf 36 -bsf:v filter_units=remove_types=6 \
  -c:a aac -b:a 16k recording.mp4 \
  -map 1 -bitexact -id3v2_version 0 -write_xing 0 \
  -c:a libmp3lame -b:a 32k -reservoir 0 recording.mp3
