package artifacts

import (
	"bytes"
	_ "embed" // for the two media files
	"encoding/binary"
)

// media/make.sh makes both files. Every token serves them, and adds itself.
var (
	//go:embed media/recording.mp4
	recordingMP4 string
	//go:embed media/recording.mp3
	recordingMP3 string
)

// writeMP4 writes the video, then the token in a box that players skip. A box is
// its size in four bytes, its type in four bytes, and its content.
func writeMP4(out *bytes.Buffer, s source) {
	out.WriteString(recordingMP4)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(8+len(s.token))))
	out.WriteString("free" + s.token)
}

// writeMP3 writes an ID3v2.3 tag with the token as the title, then the sound.
func writeMP3(out *bytes.Buffer, s source) {
	title := append([]byte{0}, s.token...) // 0: the text is Latin-1
	frame := binary.BigEndian.AppendUint32([]byte("TIT2"), uint32(len(title)))
	frame = append(append(frame, 0, 0), title...)
	// The size of a tag has seven bits per byte. Two bytes are enough for a token.
	out.WriteString("ID3\x03\x00\x00\x00\x00")
	out.Write([]byte{byte(len(frame) >> 7), byte(len(frame) & 0x7f)})
	out.Write(frame)
	out.WriteString(recordingMP3)
}

// RecordingSize returns how many bytes the video of a token has that is a UUID.
func RecordingSize() int {
	var out bytes.Buffer
	writeMP4(&out, source{token: "00000000-0000-4000-8000-000000000000"})
	return out.Len()
}
