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

// run runs one of ffmpeg's programs, and wants it to succeed in silence.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name, " is not installed: ", err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-v", "error"}, args...)...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	assert.NilError(t, err, complaints.String())
	assert.Equal(t, complaints.String(), "")
	return out
}

func TestE2EPlayersPlayWhatTheLinksLeadTo(t *testing.T) {
	type stream struct {
		CodecName string `json:"codec_name"`
		Profile   string `json:"profile"`
		Width     int    `json:"width"`
		Height    int    `json:"height"`
		Rate      string `json:"sample_rate"`
		Frames    string `json:"nb_read_frames"`
	}
	sound := stream{CodecName: "mp3", Rate: "48000", Frames: "200"}
	movie := []stream{
		{CodecName: "h264", Profile: "Constrained Baseline", Width: 176, Height: 112, Frames: "24"},
		{CodecName: "aac", Profile: "LC", Rate: "48000", Frames: "225"},
	}
	tests := []struct {
		kind   artifacts.Kind
		file   string
		format string
		want   []stream
	}{
		{artifacts.Recording, "recording.mp4", "mov,mp4", movie},
		{artifacts.Recording, "recording.mp3", "mp3", []stream{sound}},
		{artifacts.Audio, "recording.mp3", "mp3", []stream{sound}},
		{artifacts.Audio, "recording.mp4", "mov,mp4", movie},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind)+"/"+tt.file, func(t *testing.T) {
			s := artifacts.New()
			ts := httptest.NewServer(s)
			defer ts.Close()
			link := ts.URL + tt.kind.Path(token, tt.file)

			var told struct {
				Streams []stream `json:"streams"`
				Format  struct {
					Name     string            `json:"format_name"`
					Duration string            `json:"duration"`
					Tags     map[string]string `json:"tags"`
				} `json:"format"`
			}
			out := run(t, "ffprobe", "-count_frames", "-show_streams", "-show_format", "-of", "json", link)
			assert.NilError(t, json.Unmarshal(out, &told))
			assert.DeepEqual(t, told.Streams, tt.want)
			assert.Assert(t, strings.HasPrefix(told.Format.Name, tt.format), told.Format.Name)
			assert.Equal(t, told.Format.Duration, "4.800000")
			if tt.format == "mp3" {
				assert.Equal(t, told.Format.Tags["title"], token)
			}

			run(t, "ffmpeg", "-nostdin", "-xerror", "-err_detect", "explode", "-i", link, "-f", "null", "-")
			assert.Assert(t, s.Visits(token) >= 2)
		})
	}
}

func TestE2ESubtitlesAreRead(t *testing.T) {
	ts := httptest.NewServer(artifacts.New())
	defer ts.Close()
	cues := len(jsonTranscript(t, token))
	for _, file := range []string{"transcript.srt", "transcript.vtt"} {
		out := run(t, "ffprobe", "-show_entries", "packet=pts_time", "-of", "csv=p=0", ts.URL+artifacts.Transcript.Path(token, file))
		assert.Equal(t, strings.Count(string(out), "\n"), cues, "%s: %s", file, out)
	}
}
