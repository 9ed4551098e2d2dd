package schemas

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gotest.tools/v3/assert"
)

// leaves adds the paths of the values in doc that are no objects.
func leaves(doc map[string]any, prefix string, to map[string]any) {
	for name, value := range doc {
		if inner, ok := value.(map[string]any); ok {
			leaves(inner, prefix+name+".", to)
			continue
		}
		to[prefix+name] = value
	}
}

func TestFieldsAreTheMembersOfTheGuidesSamples(t *testing.T) {
	for _, name := range Events() {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "guide", name+".json"))
			assert.NilError(t, err)
			var doc map[string]any
			assert.NilError(t, json.Unmarshal(data, &doc))
			sample := map[string]any{}
			leaves(doc, "", sample)
			delete(sample, "event")

			fields, err := Fields(name)
			assert.NilError(t, err)
			var paths []string
			for i, f := range fields {
				paths = append(paths, f.Path)
				_, shown := sample[f.Path]
				assert.Assert(t, shown || !f.Required, "%s is required, and the sample lacks it", f.Path)
				assert.Assert(t, len(f.Types) > 0 || len(f.Values) > 0, "%s has no type", f.Path)
				assert.Assert(t, i == 0 || fields[i-1].Required || !f.Required, "%s comes after what is optional", f.Path)
			}
			for path := range sample {
				assert.Assert(t, slices.Contains(paths, path), "%s is missing", path)
			}
		})
	}
}

func TestFieldsTellWhatAValueMayBe(t *testing.T) {
	fields, err := Fields("recording.statusUpdate")
	assert.NilError(t, err)
	byPath := map[string]Field{}
	for _, f := range fields {
		byPath[f.Path] = f
	}
	status, err := json.Marshal(byPath["recording.status"].Values)
	assert.NilError(t, err)
	assert.Equal(t, string(status), `["RECORDING","UPLOADING","UPLOADED","ERRORED"]`)
	assert.DeepEqual(t, byPath["recording.fileSize"].Types, []string{"string"})
	assert.DeepEqual(t, byPath["recording.recordingDuration"].Types, []string{"integer"})
	assert.Assert(t, byPath["meeting.id"].Required && !byPath["recording.downloadUrl"].Required)
	assert.Assert(t, byPath["meeting.id"].Doc != "" && byPath["meeting.id"].Title != "")
	_, practice := byPath["recording.stopReason"]
	assert.Assert(t, !practice, "the strict reading has no such member")
}

func TestFieldsOfNoEventAreRefused(t *testing.T) {
	for _, name := range []string{"", "meeting.nothing", "common", "report"} {
		_, err := Fields(name)
		assert.ErrorIs(t, err, ErrUnknownSchema)
		assert.ErrorContains(t, err, "meeting.started")
	}
}
