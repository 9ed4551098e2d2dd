package artifacts

import (
	"encoding/binary"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/artifacts/internal/media"
)

// renderMP4 returns the recording, and the token in a box that players skip.
func renderMP4(s subject) ([]byte, error) {
	file := media.MP4()
	file = binary.BigEndian.AppendUint32(file, uint32(8+len(s.token)))
	return append(append(file, "free"...), s.token...), nil
}

// renderMP3 returns the recording's sound, titled by the token.
func renderMP3(s subject) ([]byte, error) {
	// ID3v2.3: a text frame in Latin-1, inside a tag whose size is written in
	// seven bits a byte. A token is short, so two bytes do.
	text := append([]byte{0}, s.token...)
	frame := binary.BigEndian.AppendUint32([]byte("TIT2"), uint32(len(text)))
	frame = append(append(frame, 0, 0), text...)
	tag := append([]byte("ID3\x03\x00\x00\x00\x00"), byte(len(frame)>>7), byte(len(frame)&0x7f))
	return slices.Concat(tag, frame, media.MP3()), nil
}
