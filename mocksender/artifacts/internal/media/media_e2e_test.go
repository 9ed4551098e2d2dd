//go:build e2e

package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"
)

// decode has ffmpeg decode a whole file, and fail at the first complaint.
func decode(t *testing.T, file []byte, as ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: ", err)
	}
	name := filepath.Join(t.TempDir(), "recording")
	assert.NilError(t, os.WriteFile(name, file, 0o600))
	args := append([]string{"-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-i", name}, as...)
	cmd := exec.CommandContext(t.Context(), path, append(args, "-")...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	assert.NilError(t, err, complaints.String())
	assert.Equal(t, complaints.String(), "")
	return out
}

func TestE2EPicturesAreDecodedToTheSample(t *testing.T) {
	got := decode(t, MP4(), "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "yuv420p")
	const width, height = 16 * columns, 16 * rows
	const size = width * height * 3 / 2
	assert.Equal(t, len(got), frames*size)
	plain, disc := flat(), dot()
	for frame := range frames {
		picture := got[frame*size : (frame+1)*size]
		for i, sample := range picture {
			// Where the sample lies: in its plane, then in its macroblock.
			side, at, first := 16, i, 0
			if i >= width*height {
				side, at, first = 8, (i-width*height)%(width*height/4), 256
				if i >= width*height*5/4 {
					first = 320
				}
			}
			x, y := at%(columns*side), at/(columns*side)
			want := plain
			if y/side*columns+x/side == dotAt(frame) {
				want = disc
			}
			if w := want[first+y%side*side+x%side]; sample != w {
				t.Fatalf("frame %d, sample %d: %d, want %d", frame, i, sample, w)
			}
		}
	}
}

func TestE2ESoundIsASoftTone(t *testing.T) {
	tests := []struct {
		name string
		file []byte
		hz   float64
	}{
		{"AAC in MP4", MP4(), 18. / 2048 * sampleRate},
		{"MP3", MP3(), 10. / 1152 * sampleRate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := decode(t, tt.file, "-map", "0:a", "-f", "f32le", "-ac", "1")
			samples := make([]float64, len(raw)/4)
			for i := range samples {
				samples[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
			}
			assert.Equal(t, len(samples), int(Duration.Seconds()*sampleRate))

			// Both ends fade, as a decoder has no neighbour to add there.
			samples = samples[sampleRate : 4*sampleRate]
			var power, re, im float64
			for i, v := range samples {
				sin, cos := math.Sincos(2 * math.Pi * tt.hz / sampleRate * float64(i))
				power += v * v
				re += v * cos
				im += v * sin
			}
			n := float64(len(samples))
			amplitude := 2 * math.Hypot(re, im) / n
			assert.Assert(t, amplitude > 0.09 && amplitude < 0.12, "amplitude %v: loud enough to hear, and no louder", amplitude)
			share := amplitude * amplitude / 2 / (power / n)
			assert.Assert(t, share > 0.999, "%v of the sound is one tone", share)
		})
	}
}
