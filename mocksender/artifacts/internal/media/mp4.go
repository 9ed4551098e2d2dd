package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"
)

// MP4 returns the recording: H.264 of 176 by 112 pixels at 5 frames a second,
// and AAC-LC of 48 kHz, mono. The movie box comes first, so that a player may
// begin before it has all. Further boxes may be put after the file.
func MP4() []byte {
	var pictures [][]byte
	plain, disc := flat(), dot()
	for frame := range frames {
		slice := picture(frame, plain, disc)
		pictures = append(pictures, append(u32s(uint32(len(slice))), slice...))
	}
	sounds := slices.Repeat([][]byte{aacFrame()}, int(Duration*sampleRate/aacFrameLength/time.Second))
	video, sound := bytes.Join(pictures, nil), bytes.Join(sounds, nil)

	kind := box("ftyp", []byte("isom"), u32s(0x200), []byte("isomiso2avc1mp41"))
	movie := func(at int) []byte {
		return box("moov", movieHeader(),
			videoTrack(at, pictures).box(),
			soundTrack(at+len(video), sounds).box())
	}
	// The boxes' length does not depend on the offsets in them.
	at := len(kind) + len(movie(0)) + 8
	return slices.Concat(kind, movie(at), box("mdat", video, sound))
}

// u32s returns words in network byte order.
func u32s(words ...uint32) []byte {
	var out []byte
	for _, word := range words {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	return out
}

// box returns an MP4 box: its size, its type and what it holds.
func box(kind string, content ...[]byte) []byte {
	all := bytes.Join(content, nil)
	return slices.Concat(u32s(uint32(8+len(all))), []byte(kind), all)
}

// The movie's clock, and its tracks.
const (
	movieScale = 1000
	videoID    = 1
	soundID    = 2
)

const movieDuration = uint32(Duration / (time.Second / movieScale))

// matrix is the unity matrix of headers (ISO/IEC 14496-12, 8.2.2).
func matrix() []byte { return u32s(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000) }

func movieHeader() []byte {
	return box("mvhd",
		u32s(0, 0, 0, movieScale, movieDuration, 0x10000, 0x1000000, 0, 0),
		matrix(), u32s(0, 0, 0, 0, 0, 0, soundID+1))
}

// track is what a track box (8.3 to 8.7) says. One chunk, at an offset in the
// file, holds all samples; each lasts as long on the track's own clock.
type track struct {
	id            uint32
	width, height uint32
	volume        uint32
	scale, length uint32 // of the clock a second, and of a sample
	handler       string // four letters
	header        []byte // vmhd or smhd
	entry         []byte // of stsd
	keys          []byte // stss, or nothing if every sample is a key
	samples       [][]byte
	at            int
}

func (t track) box() []byte {
	count := uint32(len(t.samples))
	// Samples of equal size could share one entry, which some readers do not know.
	var sizes []byte
	for _, sample := range t.samples {
		sizes = append(sizes, u32s(uint32(len(sample)))...)
	}
	const undetermined = 0x55c4 // the language
	return box("trak",
		box("tkhd", u32s(7, 0, 0, t.id, 0, movieDuration, 0, 0, 0, t.volume<<16),
			matrix(), u32s(t.width<<16, t.height<<16)),
		box("mdia",
			box("mdhd", u32s(0, 0, 0, t.scale, count*t.length, undetermined<<16)),
			box("hdlr", u32s(0, 0), []byte(t.handler), u32s(0, 0, 0), []byte{0}),
			box("minf", t.header,
				box("dinf", box("dref", u32s(0, 1), box("url ", u32s(1)))), // in this file
				box("stbl",
					box("stsd", u32s(0, 1), t.entry),
					box("stts", u32s(0, 1, count, t.length)),
					t.keys,
					box("stsc", u32s(0, 1, 1, count, 1)),
					box("stsz", u32s(0, 0, count), sizes),
					box("stco", u32s(0, 1, uint32(t.at)))))))
}

func videoTrack(at int, pictures [][]byte) track {
	const width, height = 16 * columns, 16 * rows
	sps, pps := sequenceParameters(), pictureParameters()
	// ISO/IEC 14496-15, 5.3.3.1: profile and level as in the SPS, lengths of four
	// bytes, one SPS, one PPS.
	config := box("avcC", []byte{1}, sps[1:4], []byte{0xff, 0xe1},
		[]byte{0, byte(len(sps))}, sps, []byte{1, 0, byte(len(pps))}, pps)
	// 72 dots an inch, one frame a sample, no name, 24 bits, no colour table.
	entry := box("avc1", u32s(0, 1, 0, 0, 0, 0, width<<16|height, 72<<16, 72<<16, 0),
		[]byte{0, 1}, make([]byte, 32), []byte{0, 24, 0xff, 0xff}, config)
	return track{
		id: videoID, width: width, height: height,
		scale: 1000, length: 1000 / frameRate,
		handler: "vide", header: box("vmhd", u32s(1, 0, 0)),
		entry: entry, keys: box("stss", u32s(0, 1, 1)),
		samples: pictures, at: at,
	}
}

func soundTrack(at int, sounds [][]byte) track {
	return track{
		id: soundID, volume: 0x100,
		scale: sampleRate, length: aacFrameLength,
		handler: "soun", header: box("smhd", u32s(0, 0)),
		entry:   box("mp4a", u32s(0, 1, 0, 0, 1<<16|16, 0, sampleRate<<16), streamDescription(len(sounds[0]))),
		samples: sounds, at: at,
	}
}

// streamDescription returns what MPEG-4 systems says of an AAC stream
// (ISO/IEC 14496-1, 7.2.6) whose frames have a size in bytes.
func streamDescription(frame int) []byte {
	descriptor := func(tag byte, content ...[]byte) []byte {
		all := bytes.Join(content, nil)
		return append([]byte{tag, byte(len(all))}, all...)
	}
	rate := uint32(frame * 8 * sampleRate / aacFrameLength)
	decoder := descriptor(4, []byte{0x40, 5<<2 | 1, 0, 0, byte(frame)}, u32s(rate, rate), descriptor(5, aacConfig()))
	return box("esds", u32s(0), descriptor(3, []byte{0, 0, 0}, decoder, descriptor(6, []byte{2})))
}
