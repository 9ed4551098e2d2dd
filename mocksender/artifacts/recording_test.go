package artifacts_test

import (
	"encoding/binary"
	"net/http"
	"os"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func TestVideoEndsWithTheToken(t *testing.T) {
	body := []byte(get(t, artifacts.New(), artifacts.Recording.Path(token, "recording.mp4")))
	assert.Equal(t, http.DetectContentType(body), "video/mp4")
	var order []string
	var last []byte
	for rest := body; len(rest) > 0; {
		assert.Assert(t, len(rest) >= 8)
		size := binary.BigEndian.Uint32(rest)
		assert.Assert(t, size >= 8 && int(size) <= len(rest), "box of %d bytes in %d", size, len(rest))
		order = append(order, string(rest[4:8]))
		last, rest = rest[8:size], rest[size:]
	}
	assert.DeepEqual(t, order, []string{"ftyp", "moov", "free", "mdat", "free"})
	assert.Equal(t, string(last), token)
}

func TestSoundHasTheTokenAsTitle(t *testing.T) {
	sound, err := os.ReadFile("media/recording.mp3")
	assert.NilError(t, err)
	for _, token := range []string{"t", token, strings.Repeat("t", 128)} {
		body := []byte(get(t, artifacts.New(), artifacts.Audio.Path(token, "recording.mp3")))
		assert.Equal(t, http.DetectContentType(body), "audio/mpeg")
		size := int(body[6])<<21 | int(body[7])<<14 | int(body[8])<<7 | int(body[9])
		tag, frames := body[10:10+size], body[10+size:]
		assert.Equal(t, string(tag[:4]), "TIT2")
		assert.Equal(t, int(binary.BigEndian.Uint32(tag[4:])), size-10)
		assert.Equal(t, string(tag[11:]), token)
		assert.Equal(t, string(frames), string(sound))
	}
}
