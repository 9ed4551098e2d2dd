//go:build e2e

package artifacts_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

// run runs a program of ffmpeg, and fails the test if it reports anything.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name, " is not installed: ", err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-v", "error"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	assert.NilError(t, err, stderr.String())
	assert.Equal(t, stderr.String(), "")
	return out
}

func TestE2ERecordingsPlay(t *testing.T) {
	type stream struct {
		CodecName string `json:"codec_name"`
		Profile   string `json:"profile"`
		Width     int    `json:"width"`
		Height    int    `json:"height"`
		Rate      string `json:"sample_rate"`
		Frames    string `json:"nb_frames"`
	}
	sound := stream{CodecName: "mp3", Rate: "48000"} // the format has no count of frames
	movie := []stream{
		{CodecName: "h264", Profile: "Constrained Baseline", Width: 160, Height: 120, Frames: "20"},
		{CodecName: "aac", Profile: "LC", Rate: "48000", Frames: "95"},
	}
	tests := []struct {
		kind     artifacts.Kind
		file     string
		format   string
		duration string
		want     []stream
	}{
		{artifacts.Recording, "recording.mp4", "mov,mp4", "2.000000", movie},
		{artifacts.Recording, "recording.mp3", "mp3", "2.040000", []stream{sound}},
		{artifacts.Audio, "recording.mp3", "mp3", "2.040000", []stream{sound}},
		{artifacts.Audio, "recording.mp4", "mov,mp4", "2.000000", movie},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind)+"/"+tt.file, func(t *testing.T) {
			s := artifacts.New()
			ts := httptest.NewServer(s)
			defer ts.Close()
			link := ts.URL + tt.kind.Path(token, tt.file)

			var probed struct {
				Streams []stream `json:"streams"`
				Format  struct {
					Name     string            `json:"format_name"`
					Duration string            `json:"duration"`
					Tags     map[string]string `json:"tags"`
				} `json:"format"`
			}
			out := run(t, "ffprobe", "-show_streams", "-show_format", "-of", "json", link)
			assert.NilError(t, json.Unmarshal(out, &probed))
			assert.DeepEqual(t, probed.Streams, tt.want)
			assert.Assert(t, strings.HasPrefix(probed.Format.Name, tt.format), probed.Format.Name)
			assert.Equal(t, probed.Format.Duration, tt.duration)
			if tt.format == "mp3" {
				assert.Equal(t, probed.Format.Tags["title"], token)
			}

			run(t, "ffmpeg", "-nostdin", "-xerror", "-err_detect", "explode", "-i", link, "-f", "null", "-")
			assert.Assert(t, s.Visits(token) >= 2)
		})
	}
}

func TestE2ESubtitlesParse(t *testing.T) {
	ts := httptest.NewServer(artifacts.New())
	defer ts.Close()
	cues := len(jsonTranscript(t, artifacts.New(), token))
	for _, file := range []string{"transcript.srt", "transcript.vtt"} {
		out := run(t, "ffprobe", "-show_entries", "packet=pts_time", "-of", "csv=p=0", ts.URL+artifacts.Transcript.Path(token, file))
		assert.Equal(t, strings.Count(string(out), "\n"), cues, "%s: %s", file, out)
	}
}
