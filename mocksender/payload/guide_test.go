package payload_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// guideSamples reads the nine samples of the guide, which the schemas are
// proved against, too.
func guideSamples(t testing.TB) map[rtk.EventType][]byte {
	t.Helper()
	files, err := filepath.Glob("../../schemas/testdata/guide/*.json")
	assert.NilError(t, err)
	samples := map[rtk.EventType][]byte{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		assert.NilError(t, err)
		var head struct{ Event rtk.EventType }
		assert.NilError(t, json.Unmarshal(body, &head))
		if head.Event.Known() {
			samples[head.Event] = body
		}
	}
	assert.Equal(t, len(samples), len(rtk.EventTypes()), "samples of the guide found")
	return samples
}

// members lists the paths of all members of body in the order in which they
// stand.
func members(t testing.TB, body []byte) []string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	var paths []string
	var value func(path string)
	value = func(path string) {
		token, err := dec.Token()
		assert.NilError(t, err)
		delim, ok := token.(json.Delim)
		if !ok {
			return
		}
		for i := 0; dec.More(); i++ {
			inner := strconv.Itoa(i)
			if delim == '{' {
				name, err := dec.Token()
				assert.NilError(t, err)
				inner = name.(string)
			}
			if path != "" {
				inner = path + "." + inner
			}
			paths = append(paths, inner)
			value(inner)
		}
		_, err = dec.Token()
		assert.NilError(t, err)
	}
	value("")
	return paths
}

// isSubsequence reports whether some is all with members left out.
func isSubsequence(some, all []string) bool {
	for _, s := range some {
		i := slices.Index(all, s)
		if i < 0 {
			return false
		}
		all = all[i+1:]
	}
	return true
}

// With the guide's names, ids and links put in, each sample must come out as
// the guide prints it, byte for byte except white space. So order, types,
// quirks and all derived times are the guide's.
func TestSampleIsTheGuidesOnceIDsAndLinksAgree(t *testing.T) {
	// What is drawn from the seed or is a link. Everything else must agree by
	// itself.
	drawn := []string{
		"sessionId", "meeting.sessionId",
		"participant.peerId", "participant.userDisplayName", "participant.customParticipantId",
		"chatDownloadUrl", "transcriptDownloadUrl", "summaryDownloadUrl",
		"recording.id", "recording.recordingId", "recording.downloadUrl", "recording.audioDownloadUrl",
		"recording.fileSize", "recording.roomUUID",
		"recording.meetingId", // the sample's differs from meeting.id
		"streamId", "streamKey", "playbackUrl",
	}
	options := payload.Options{
		MeetingID:        "bbb8940e-1b97-402a-97d6-2708b7feca41",
		Title:            "Weekly sync",
		OrganizationID:   "c94c437b-592a-4a39-b9e2-47ef1451e43b",
		OrganizationName: "Example organization",
	}
	for eventType, sample := range guideSamples(t) {
		t.Run(string(eventType), func(t *testing.T) {
			event, err := payload.Sample(eventType, options)
			assert.NilError(t, err)
			assert.Equal(t, event.Type, eventType)
			body := event.Body
			for _, path := range members(t, sample) {
				if !slices.Contains(drawn, path) {
					continue
				}
				value, err := payload.Get(sample, path)
				assert.NilError(t, err)
				body, err = payload.Set(body, path, value)
				assert.NilError(t, err)
			}
			var want bytes.Buffer
			assert.NilError(t, json.Compact(&want, sample))
			assert.Equal(t, string(body), want.String())
		})
	}
}

// Events that say less than the sample, such as a recording's first, leave
// members out; they neither add nor move any.
func TestEveryEventKeepsItsSamplesOrder(t *testing.T) {
	orders := map[rtk.EventType][]string{}
	for eventType, sample := range guideSamples(t) {
		orders[eventType] = members(t, sample)
	}
	for seed := range uint64(50) {
		for _, event := range newWalk(t, payload.Options{Seed: seed}).play(seed, 60) {
			got := members(t, event.Body)
			assert.Assert(t, isSubsequence(got, orders[event.Type]), "%s\nhas   %v\nguide %v", event.Body, got, orders[event.Type])
		}
	}
}

func TestBodiesAreCompactAndPlain(t *testing.T) {
	events, err := payload.Lifecycle(payload.Options{Title: `R&D <"sync"> – 会議`})
	assert.NilError(t, err)
	for _, event := range events {
		var compact bytes.Buffer
		assert.NilError(t, json.Compact(&compact, event.Body))
		assert.Equal(t, string(event.Body), compact.String(), "no white space, no line break at the end")
		if event.Type != rtk.MeetingSummary {
			assert.Assert(t, bytes.Contains(event.Body, []byte(`"R&D <\"sync\"> – 会議"`)), "only what must be is escaped: %s", event.Body)
		}
	}
}
