package artifacts

import (
	_ "embed" // for the two media files
	"encoding/binary"
	"slices"
)

// media/make.sh makes both files. Every token serves them, and adds itself.
var (
	//go:embed media/recording.mp4
	recordingMP4 string
	//go:embed media/recording.mp3
	recordingMP3 string
)

// renderMP4 returns the video, then the token in a box that players skip. A box
// is its size in four bytes, its type in four bytes, and its content.
func renderMP4(s subject) ([]byte, error) {
	file := binary.BigEndian.AppendUint32([]byte(recordingMP4), uint32(8+len(s.token)))
	return append(append(file, "free"...), s.token...), nil
}

// renderMP3 returns an ID3v2.3 tag with the token as the title, then the sound.
func renderMP3(s subject) ([]byte, error) {
	title := append([]byte{0}, s.token...) // 0: the text is Latin-1
	frame := binary.BigEndian.AppendUint32([]byte("TIT2"), uint32(len(title)))
	frame = append(append(frame, 0, 0), title...)
	// The size of a tag has seven bits per byte. Two bytes are enough for a token.
	tag := append([]byte("ID3\x03\x00\x00\x00\x00"), byte(len(frame)>>7), byte(len(frame)&0x7f))
	return slices.Concat(tag, frame, []byte(recordingMP3)), nil
}
