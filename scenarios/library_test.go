package scenarios_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
	"github.com/rtkmock/rtkmock/schemas"
)

func load(t testing.TB, name string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Load(name)
	assert.NilError(t, err)
	return s
}

// eachScenario runs a subtest for each scenario of the library.
func eachScenario(t *testing.T, test func(t *testing.T, s *scenarios.Scenario)) {
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) { test(t, load(t, name)) })
	}
}

func TestLibraryHasTheScenariosOfTheFolder(t *testing.T) {
	paths, err := filepath.Glob("*.json")
	assert.NilError(t, err)
	var names []string
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(path, ".json"))
		onDisk, err := os.ReadFile(path)
		assert.NilError(t, err)
		source, err := scenarios.Source(names[len(names)-1])
		assert.NilError(t, err)
		assert.Equal(t, string(source), string(onDisk))
	}
	assert.DeepEqual(t, scenarios.Names(), names)
	for _, name := range []string{
		"weekly-sync", "host-ends-meeting", "recording-errored", "livestream-on-off", "rejoin-after-drop",
		"late-artifacts", "out-of-order", "duplicate-one-by-one", "duplicate-together", "lost-response",
		"flaky-network", "receiver-down-then-up", "final-4xx", "key-outage", "key-rotation", "session-reuse",
		"reduced-attempts", "forged-between", "webinar", "many-meetings", "former-session",
	} {
		assert.Assert(t, slices.Contains(names, name), name)
	}
}

func TestEveryScenarioIsDescribedAndFitsTheSchema(t *testing.T) {
	eachScenario(t, func(t *testing.T, s *scenarios.Scenario) {
		source, err := scenarios.Source(s.Name)
		assert.NilError(t, err)
		assert.NilError(t, schemas.Validate("scenario", schemas.Strict, source))
		assert.Assert(t, s.Title != "" && s.Note != "" && s.Expectation != "")
		var head struct {
			Schema string `json:"$schema"`
		}
		assert.NilError(t, json.Unmarshal(source, &head))
		_, err = os.Stat(head.Schema)
		assert.NilError(t, err, "$schema leads to the schema")
		assert.Assert(t, len(s.Steps()) > 0 && s.Deliveries() > 0)
	})
}

func TestUnknownScenarioIsAnErrorWithASuggestion(t *testing.T) {
	_, err := scenarios.Load("weeklysync")
	assert.ErrorIs(t, err, scenarios.ErrUnknown)
	assert.Error(t, err, `scenarios: unknown scenario "weeklysync"; did you mean "weekly-sync"?`)
	_, err = scenarios.Source("zzzzzzzzzzzzzzzz")
	assert.ErrorIs(t, err, scenarios.ErrUnknown)
	assert.ErrorContains(t, err, "want one of api-outage, ")
}

// A good receiver meets every expectation of every scenario, and every event
// takes effect once.
func TestGoodReceiverMeetsEveryExpectation(t *testing.T) {
	withheld := map[string]int{
		"final-4xx": 1, // the gap that nothing in between makes
	}
	eachScenario(t, func(t *testing.T, s *scenarios.Scenario) {
		t.Parallel()
		w := newWorld(t, nil)
		o := w.options()
		ended := watch(&o, scenarios.Ended)
		r := play(t, s, o)
		for _, step := range r.Steps {
			assert.Assert(t, step.Status == scenarios.Met || step.Expect == "", "step %s, %s: %s: %s", step.Number, step.Do, step.Status, step.Reason)
		}
		assert.Equal(t, r.Outcome(), scenarios.Met)
		assert.Assert(t, r.Complete)
		assert.Equal(t, r.Counts.Sent, s.Deliveries())
		assert.Equal(t, r.Counts.Met, s.Deliveries())
		assert.Equal(t, r.Withheld, withheld[s.Name])

		genuine := map[string]bool{}
		for _, u := range *ended {
			d := u.Receipt.Delivery
			if d.Genuine() && u.Receipt.Fate == mocksender.Delivered {
				genuine[d.UUID] = true
			}
		}
		w.receiver.mu.Lock()
		defer w.receiver.mu.Unlock()
		assert.Equal(t, len(w.receiver.effects), len(genuine), "one effect for each genuine event")
		for uuid := range w.receiver.effects {
			assert.Assert(t, genuine[uuid])
		}
	})
}

// What a scenario sends as genuine is what the guide shows, and its ids fit
// together.
func TestEveryGenuineBodyIsStrictlyValidAndCoherent(t *testing.T) {
	eachScenario(t, func(t *testing.T, s *scenarios.Scenario) {
		t.Parallel()
		o := scenarios.Options{Keys: newWorld(t, nil).keys, API: newWorld(t, nil).options().API}
		o.NewKey = newWorld(t, nil).options().NewKey
		f := &fake{}
		f.into(&o)
		play(t, s, o)
		sessions := map[string]string{} // meeting.id by sessionId
		peers := map[string]string{}    // participants by peerId
		bodies := map[string][]byte{}   // by uuid
		for _, d := range f.sent {
			_, err := schemas.ValidateEvent(d.Event.Body, schemas.Strict)
			assert.NilError(t, err)
			assert.NilError(t, schemas.CheckTimes(d.Event.Body))
			if other, ok := bodies[d.UUID]; ok {
				assert.Assert(t, bytes.Equal(other, d.Event.Body), "one uuid, one body")
			}
			bodies[d.UUID] = d.Event.Body
			meeting, session := text(d, "meeting.id"), text(d, "meeting.sessionId")
			if d.Event.Type == rtk.MeetingChatSynced {
				meeting, session = text(d, "meetingId"), text(d, "sessionId")
			}
			if session != "" {
				same(t, sessions, session, meeting)
			}
			if peer := text(d, "participant.peerId"); peer != "" {
				same(t, peers, peer, session+text(d, "participant.customParticipantId")+text(d, "participant.userDisplayName")+text(d, "participant.joinedAt"))
			}
		}
	})
}

func same(t testing.TB, known map[string]string, key, value string) {
	t.Helper()
	if first, ok := known[key]; ok {
		assert.Equal(t, value, first)
	}
	known[key] = value
}

func text(d mocksender.Delivery, path string) string {
	raw, err := payload.Get(d.Event.Body, path)
	if err != nil {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// A receiver that refuses everything is accepted by nobody: it fails what is
// genuine, and its rejections count for nothing.
func TestAlwaysRefusingReceiverMeetsNothingThatDependsOnIt(t *testing.T) {
	eachScenario(t, func(t *testing.T, s *scenarios.Scenario) {
		t.Parallel()
		r := play(t, s, newWorld(t, always(http.StatusUnauthorized)).options())
		assert.Equal(t, r.Outcome(), scenarios.Unmet)
		for i, step := range r.Steps {
			switch step.Expect {
			case scenarios.Delivered:
				if s.Name == "reduced-attempts" && i > 1 {
					continue // the sender tries it less and less
				}
				assert.Equal(t, step.Status, scenarios.Unmet, "step %s", step.Number)
				assert.Assert(t, strings.Contains(step.Reason, "answered 401"), step.Reason)
				assert.Assert(t, len(step.Evidence) > 0 && len(step.Evidence) <= scenarios.DefaultEvidence)
			case scenarios.Rejected:
				assert.Equal(t, step.Status, scenarios.Inconclusive, "step %s", step.Number)
				assert.Assert(t, strings.Contains(step.Reason, "genuine delivery"), step.Reason)
			}
		}
	})
}

// A receiver that does not verify accepts the forgeries, and nothing else of
// the library shows it.
func TestNeverVerifyingReceiverFailsTheForgeriesAlone(t *testing.T) {
	forging := map[string]bool{"forged-between": true, "key-outage": true, "key-rotation": true}
	eachScenario(t, func(t *testing.T, s *scenarios.Scenario) {
		t.Parallel()
		r := play(t, s, newWorld(t, always(http.StatusOK)).options())
		want := scenarios.Met
		if forging[s.Name] {
			want = scenarios.Unmet
		}
		assert.Equal(t, r.Outcome(), want)
		for _, step := range r.Steps {
			if step.Expect == scenarios.Rejected {
				assert.Equal(t, step.Status, scenarios.Unmet, "step %s", step.Number)
				assert.Equal(t, step.Reason, "accepted with 200")
			} else if step.Expect != "" {
				assert.Equal(t, step.Status, scenarios.Met, "step %s: %s", step.Number, step.Reason)
			}
		}
	})
}

func TestTargetThatNobodyServesIsInconclusive(t *testing.T) {
	w := newWorld(t, nil)
	gone := newWorld(t, nil)
	o := w.options()
	o.URL = strings.Replace(gone.url, "127.0.0.1", "127.255.255.254", 1)
	o.Sender.Retry = mocksender.NoRetry{}
	r := play(t, load(t, "weekly-sync"), o)
	assert.Equal(t, r.Outcome(), scenarios.Inconclusive)
	assert.Assert(t, strings.HasPrefix(r.Steps[0].Reason, "the target was not reached: nothing listens"), r.Steps[0].Reason)
}

func TestLivestreamBodiesRepeatUnderOtherUUIDs(t *testing.T) {
	o := scenarios.Options{}
	f := &fake{}
	f.into(&o)
	play(t, load(t, "livestream-on-off"), o)
	seen := map[string]map[string]bool{}
	for _, d := range f.sent {
		if d.Event.Type == rtk.LivestreamStatusUpdate {
			if seen[string(d.Event.Body)] == nil {
				seen[string(d.Event.Body)] = map[string]bool{}
			}
			seen[string(d.Event.Body)][d.UUID] = true
		}
	}
	var sizes []int
	for _, uuids := range seen {
		sizes = append(sizes, len(uuids))
	}
	slices.Sort(sizes)
	assert.DeepEqual(t, sizes, []int{1, 3, 3})
}
