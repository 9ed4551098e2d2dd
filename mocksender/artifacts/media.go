package artifacts

import (
	"bytes"
	"encoding/binary"
)

// renderMP4 returns an MP4 file without a track: players open it and find
// nothing to play. The token is in a box that readers skip.
func renderMP4(token string) ([]byte, error) {
	u32 := binary.BigEndian.AppendUint32
	brand := append(u32([]byte("isom"), 0x200), "isomiso2mp41"...)

	// ISO/IEC 14496-12, section 8.2.2: version and flags, two times, scale,
	// duration, rate 1.0, volume 1.0, reserved, the unity matrix, six unused
	// words, the next track's number.
	var header []byte
	for _, word := range []uint32{
		0, 0, 0, 1000, 0, 0x00010000, 0x01000000, 0, 0,
		0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000,
		0, 0, 0, 0, 0, 0, 1,
	} {
		header = u32(header, word)
	}
	return bytes.Join([][]byte{
		box("ftyp", brand),
		box("moov", box("mvhd", header)),
		box("free", []byte(token)),
		box("mdat", nil),
	}, nil), nil
}

// box returns an MP4 box: its size, its type and what it holds.
func box(kind string, content []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(out, kind...), content...)
}

// renderMP3 returns a second of silence, titled by the token.
func renderMP3(token string) ([]byte, error) {
	// ID3v2.3: a text frame in Latin-1, inside a tag whose size is written in
	// seven bits a byte. A token is short, so two bytes do.
	text := append([]byte{0}, token...)
	frame := binary.BigEndian.AppendUint32([]byte("TIT2"), uint32(len(text)))
	frame = append(append(frame, 0, 0), text...)
	out := append([]byte("ID3\x03\x00\x00\x00\x00"), byte(len(frame)>>7), byte(len(frame)&0x7f))
	out = append(out, frame...)

	// MPEG-1 layer III, 32 kbit/s, 44.1 kHz, mono: 144*32000/44100 = 104 bytes
	// and 1152/44100 s a frame. All zeros after the header is silence.
	const frameSize, framesPerSecond = 104, 38
	silence := make([]byte, frameSize)
	copy(silence, "\xff\xfb\x10\xc0")
	return append(out, bytes.Repeat(silence, framesPerSecond+1)...), nil
}
