package scenarios_test

import (
	"errors"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/scenarios"
)

// steps wraps steps into a script.
func steps(s string) string { return `{"title": "A test", "steps": [` + s + `]}` }

func TestMistakesAreNamedWithStepFieldAndRemedy(t *testing.T) {
	const events = `"meeting.started", "meeting.ended", "meeting.participantJoined", "meeting.participantLeft", "meeting.chatSynced", "recording.statusUpdate", "livestreaming.statusUpdate", "meeting.transcript" or "meeting.summary"`
	for _, test := range []struct{ reason, source, want string }{
		{"nothing at all", ` `, `found nothing, want one JSON value`},
		{"half a file", `{"title": "A test",`, `found unexpected end of JSON input in line 1, column 20, near "{\"title\": \"A test\",", want one JSON value`},
		{"a comma too many", "{\n  \"title\": \"A test\",,", `found invalid character ',' looking for beginning of object key string in line 2, column 21, near "  \"title\": \"A test\",,", want one JSON value`},
		{"not an object", `[]`, `found an empty array, want an object`},
		{"no title", `{"steps": [{"after": "1s"}]}`, `title: found nothing, want a title in one line`},
		{"no steps", `{"title": "A test"}`, `steps: found nothing, want an array of 1 to 1000 steps`},
		{"empty steps", `{"title": "A test", "steps": []}`, `steps: found an empty array, want an array of 1 to 1000 steps`},
		{"a title of two lines", `{"title": "a\nb", "steps": [{"after": "1s"}]}`, `title: found "a\nb", want a title in one line`},
		{"a misspelt member of the script", `{"titel": "x", "title": "A test", "steps": [{"after": "1s"}]}`, `titel: found "x", want no such member; did you mean "title"?`},
		{"a member twice", `{"title": "a", "title": "b", "steps": [{"after": "1s"}]}`, `title: found a second member of this name, want each member once`},
		{"a session that is too short", `{"title": "a", "meeting": {"duration": "10ms"}, "steps": [{"after": "1s"}]}`, `meeting.duration: found "10ms", want a duration from 1s to 8784h, which is a year`},
		{"a misspelt form", `{"title": "a", "meeting": {"forms": ["client-specific"]}, "steps": [{"after": "1s"}]}`, `meeting.forms[0]: found "client-specific", want a payload form; did you mean "client-specific-id"?`},
		{"a form twice", `{"title": "a", "meeting": {"forms": ["invoked", "invoked"]}, "steps": [{"after": "1s"}]}`, `meeting.forms: found an array of 2 items, want an array of different payload forms`},
		{"thresholds left out", `{"title": "a", "reduce": {"failures": 5}, "steps": [{"after": "1s"}]}`, `reduce.probeEvery: found nothing, want a whole number from 1 to 1000`},

		{"a step that is no object", steps(`{"after": "1s"}, "emit"`), `step 2: found "emit", want an object`},
		{"a step without a verb", steps(`{"note": "hm"}`), `step 1: after: found nothing, want a duration to wait such as 5m, or emit, repeat, send, key, session or steps`},
		{"a misspelt verb", steps(`{"emitt": "meeting.started"}`), `step 1: emitt: found "meeting.started", want no such member; did you mean "emit"?`},
		{"a member nobody knows", steps(`{"emit": "meeting.started", "zzzzzz": 1}`), `step 1: zzzzzz: found 1, want no such member (known: after, as, background, emit, expect, faults, later, mutate, note, set, times, together, unset, which, who)`},
		{"two verbs", steps(`{"emit": "meeting.started", "repeat": "x"}`), `step 1: repeat: found "x", want no such member here (known: after, as, background, emit, expect, faults, later, mutate, note, set, times, together, unset, which, who)`},
		{"a member of another verb", steps(`{"key": "outage", "expect": "2xx"}`), `step 1: expect: found "2xx", want no such member here (known: after, key, note)`},
		{"a misspelt event", steps(`{"emit": "meeting.participantJoin"}`), `step 1: emit: found "meeting.participantJoin", want the type of an event such as meeting.started; did you mean "meeting.participantJoined"?`},
		{"a part of an event", steps(`{"emit": "join"}`), `step 1: emit: found "join", want the type of an event such as meeting.started; did you mean "meeting.participantJoined"?`},
		{"no event at all", steps(`{"emit": "zzzzzzzzzzzz"}`), `step 1: emit: found "zzzzzzzzzzzz", want ` + events},
		{"a null", steps(`{"emit": null}`), `step 1: emit: found null, want "meeting.started", "meeting.ended", "meeting.participantJoined", "meeting.participantLeft", "meeting.chatSynced", "recording.statusUpdate", "livestreaming.statusUpdate", "meeting.transcript" or "meeting.summary"`},
		{"a member twice inside a step", steps(`{"emit": "meeting.started", "as": "a", "as": "b"}`), `step 1: as: found a second member of this name, want each member once`},
		{"a step inside a block", steps(`{"after": "1s"}, {"steps": [{"after": "1s"}, {"emit": "meeting.start"}]}`), `step 2.2: emit: found "meeting.start", want the type of an event such as meeting.started; did you mean "meeting.started"?`},

		{"words for a duration", steps(`{"emit": "meeting.started", "after": "5 minutes"}`), `step 1: after: found "5 minutes", want a duration such as 5m, 1h30m or 250ms`},
		{"back in time", steps(`{"emit": "meeting.started", "after": "-5m"}`), `step 1: after: found "-5m", want a duration such as 5m, 1h30m or 250ms`},
		{"two years", steps(`{"after": "20000h"}`), `step 1: after: found "20000h", want a duration from 0s to 8784h, which is a year`},
		{"no times", steps(`{"emit": "meeting.started", "times": 0}`), `step 1: times: found 0, want a whole number from 1 to 100000`},
		{"times with a fraction", "{\"title\": \"A test\",\n\"steps\": [{\"emit\": \"meeting.started\", \"times\": 2.0}]}", `times: found number 2.0 in line 2, want a whole number without fraction and exponent`},
		{"times in quotes", steps(`{"emit": "meeting.started", "times": "3"}`), `step 1: times: found "3", want a whole number from 1 to 100000`},
		{"a name with a space", steps(`{"emit": "meeting.started", "who": "mary ann"}`), `step 1: who: found "mary ann", want a name such as mary, join-2 or guest-${n}`},
		{"who in an event without one", steps(`{"emit": "meeting.ended", "who": "mary"}`), `step 1: who: found a participant in meeting.ended, want who only where somebody joins or leaves`},
		{"a misspelt expectation", steps(`{"emit": "meeting.started", "expect": "deliverd"}`), `step 1: expect: found "deliverd", want "any", "delivered", "rejected", "lost", "exhausted", "not-tried", or a status such as "2xx" or "503"; did you mean "delivered"?`},
		{"a status without quotes", steps(`{"emit": "meeting.started", "expect": 503}`), `step 1: expect: found 503, want "any", "delivered", "rejected", "lost", "exhausted", "not-tried", or a status such as "2xx" or "503"`},
		{"a status that is none", steps(`{"emit": "meeting.started", "expect": "777"}`), `step 1: expect: found "777", want "any", "delivered", "rejected", "lost", "exhausted", "not-tried", or a status such as "2xx" or "503"`},
		{"a misspelt mutation", steps(`{"emit": "meeting.started", "mutate": ["signature/otherkey"]}`), `step 1: mutate[0]: found "signature/otherkey", want the id of a mutation; did you mean "signature/other-key"?`},
		{"a mutation without brackets", steps(`{"emit": "meeting.started", "mutate": "signature/other-key"}`), `step 1: mutate: found "signature/other-key", want an array of mutations such as "signature/other-key"`},
		{"a misspelt key action", steps(`{"key": "outrage"}`), `step 1: key: found "outrage", want an action such as outage; did you mean "outage"?`},
		{"another session word", steps(`{"session": "new"}`), `step 1: session: found "new", want "next"`},
		{"an unknown uuid word", steps(`{"emit": "meeting.started", "as": "s"}, {"repeat": "s", "uuid": "news"}`), `step 2: uuid: found "news", want "same" or "new"; did you mean "new"?`},

		{"a fault of the other side", steps(`{"emit": "meeting.started", "faults": [{"before": "lose-response"}]}`), `step 1: faults[0].before: found "lose-response", want refuse, reset, respond STATUS or delay DURATION`},
		{"a misspelt fault", steps(`{"emit": "meeting.started", "faults": [{"before": "reset"}, {"after": "replce 502"}]}`), `step 1: faults[1].after: found "replce 502", want lose-response or replace STATUS; did you mean "replace 502"?`},
		{"a fault without its status", steps(`{"emit": "meeting.started", "faults": [{"before": "respond"}]}`), `step 1: faults[0].before: found "respond", want refuse, reset, respond STATUS or delay DURATION; did you mean "respond 503"?`},
		{"a fault in microseconds", steps(`{"emit": "meeting.started", "faults": [{"before": "delay 5us"}]}`), `step 1: faults[0].before: found "delay 5us", want refuse, reset, respond STATUS or delay DURATION; did you mean "delay 2s"?`},
		{"a fault with spaces to spare", steps(`{"emit": "meeting.started", "faults": [{"before": "respond  503"}]}`), `step 1: faults[0].before: found "respond  503", want refuse, reset, respond STATUS or delay DURATION; did you mean "respond 503"?`},
		{"a fault on both sides", steps(`{"emit": "meeting.started", "faults": [{"before": "reset", "after": "lose-response"}]}`), `step 1: faults[0].after: found "lose-response", want before or after, not both`},
		{"a fault on no side", steps(`{"emit": "meeting.started", "faults": [{"attempt": 1}]}`), `step 1: faults[0].after: found nothing, want one of before and after`},
		{"a misspelt member of a fault", steps(`{"emit": "meeting.started", "faults": [{"before": "reset", "atempt": 1}]}`), `step 1: faults[0].atempt: found 1, want no such member; did you mean "attempt"?`},
		{"attempts counted from 0", steps(`{"emit": "meeting.started", "faults": [{"before": "reset", "attempt": 0}]}`), `step 1: faults[0].attempt: found 0, want a whole number from 1 to 1000`},
		{"a chance in percent", steps(`{"emit": "meeting.started", "faults": [{"before": "reset", "chance": 20}]}`), `step 1: faults[0].chance: found 20, want a number above 0 and at most 1`},
		{"a chance too small for a computer", steps(`{"emit": "meeting.started", "faults": [{"before": "reset", "chance": 1e-400}]}`), `step 1: faults[0].chance: found 0, want a number above 0 and at most 1`},
		{"a delay of two years", steps(`{"emit": "meeting.started", "faults": [{"before": "delay 20000h"}]}`), `step 1: faults[0].before: found "delay 20000h", want a delay of at most 8784h, which is a year`},
		{"a delay beyond all times", steps(`{"emit": "meeting.started", "faults": [{"before": "delay 99999999999999h"}]}`), `step 1: faults[0].before: found "delay 99999999999999h", want a delay of at most 8784h, which is a year`},
		{"a fault for no event", steps(`{"emit": "meeting.started", "faults": [{"before": "reset", "event": "meeting.end"}]}`), `step 1: faults[0].event: found "meeting.end", want the type of an event such as meeting.started; did you mean "meeting.ended"?`},

		{"a name that nothing has", steps(`{"emit": "meeting.participantJoined", "as": "join"}, {"repeat": "jion"}`), `step 2: repeat: found "jion", a name that no delivery before it has, want one given by as; did you mean "join"?`},
		{"a name given twice", steps(`{"emit": "meeting.started", "as": "x"}, {"emit": "meeting.participantJoined", "as": "x"}`), `step 2: as: found "x", a name that another delivery has, want a new one`},
		{"one name for all rounds", steps(`{"times": 2, "steps": [{"emit": "meeting.participantJoined", "as": "j"}]}`), "step 1.1: as: found \"j\", a name that another delivery has, want a new one, such as j-${n}"},
		{"one name for many", steps(`{"emit": "meeting.participantJoined", "as": "j", "times": 3}`), "step 1: as: found one name for 3 deliveries, want a name with ${n} in it, such as j-${n}"},
		{"sending what was sent", steps(`{"emit": "meeting.started", "as": "s"}, {"send": "s"}`), `step 2: send: found "s", which is not held back (any more), want a delivery with "later": true; repeat delivers one again`},
		{"sending twice", steps(`{"emit": "meeting.started", "as": "s", "later": true}, {"send": "s"}, {"send": "s"}`), `step 3: send: found "s", which is not held back (any more), want a delivery with "later": true; repeat delivers one again`},
		{"an expectation of nothing", steps(`{"emit": "meeting.started", "later": true, "expect": "2xx"}`), `step 1: expect: found it beside later, want it in the step that sends the delivery`},
		{"a name from inside a meeting", steps(`{"parallel": 2, "steps": [{"emit": "meeting.started", "as": "s"}]}, {"repeat": "s"}`), `step 2: repeat: found "s", a name that no delivery before it has, want one given by as`},

		{"somebody who is not there", steps(`{"emit": "meeting.participantJoined", "who": "mary"}, {"emit": "meeting.participantLeft", "who": "marry"}`), `step 2: who: found "marry", who is not in the meeting, want somebody who is; did you mean "mary"?`},
		{"joining twice", steps(`{"emit": "meeting.participantJoined", "who": "mary"}, {"emit": "meeting.participantJoined", "who": "mary"}`), `step 2: who: found "mary", who is in the meeting, want somebody who is not`},
		{"leaving an empty meeting", steps(`{"emit": "meeting.participantLeft"}`), `step 1: emit: found a leave with nobody in the meeting, want a join before it`},
		{"a second start", steps(`{"emit": "meeting.started"}, {"emit": "meeting.started"}`), `step 2: emit: found meeting.started in a session that has started already, want {"session": "next"} before it, once the session has ended`},
		{"a second end", steps(`{"emit": "meeting.ended"}, {"emit": "meeting.ended"}`), `step 2: emit: found meeting.ended in a session that has ended already, want it once a session, with the reason that its end has`},
		{"joining after the end", steps(`{"emit": "meeting.ended"}, {"emit": "meeting.participantJoined", "who": "mary"}`), `step 2: emit: found a join after the session has ended, want {"session": "next"} before it`},
		{"a summary too early", steps(`{"emit": "meeting.summary"}`), `step 1: emit: found meeting.summary before the session has ended, want meeting.ended before it, with "later": true if it is to arrive later`},
		{"a second summary", steps(`{"emit": "meeting.ended"}, {"emit": "meeting.summary"}, {"emit": "meeting.summary"}`), `step 3: emit: found meeting.summary for the second time in a session, want it once; repeat delivers it again`},
		{"the next session too early", steps(`{"emit": "meeting.started"}, {"session": "next"}`), `step 2: session: found it before the session has ended, want meeting.ended before it`},
		{"a recording that goes back", steps(`{"emit": "recording.statusUpdate", "set": {"recording.status": "ERRORED"}}, {"emit": "recording.statusUpdate", "set": {"recording.status": "UPLOADED"}}`), `step 2: emit: found UPLOADED for a recording that is ERRORED, want a status that can follow, or which to name another recording`},
		{"a recording after the end", steps(`{"emit": "meeting.ended"}, {"emit": "recording.statusUpdate"}`), `step 2: emit: found a recording that would begin after the session has ended, want one that began before, or which to name it`},
		{"a form that is off", steps(`{"emit": "recording.statusUpdate", "set": {"recording.status": "INVOKED"}}`), `step 1: emit: found recording.statusUpdate INVOKED, want an event that the meeting can cause here`},
		{"a livestream that is live", steps(`{"emit": "livestreaming.statusUpdate"}, {"emit": "livestreaming.statusUpdate", "set": {"status": "LIVE"}}`), `step 2: emit: found LIVE for a livestream that is LIVE already, want another status, or which to name another livestream`},
		{"time beyond the stated end", steps(`{"emit": "meeting.participantJoined", "who": "a"}, {"emit": "meeting.participantJoined", "who": "b"}, {"emit": "meeting.participantLeft"}, {"after": "1h"}`), `step 4: after: found 1h, which reaches the session's end as a participantLeft has stated it, want less, or a longer duration in meeting`},

		{"a path that leads nowhere", steps(`{"emit": "meeting.started", "set": {"meeting.organisedBy.id": "x"}}`), `step 1: set: found "meeting.organisedBy.id", which leads nowhere, want a path of the event's body; did you mean "meeting.organizedBy.id"?`},
		{"an empty path", steps(`{"emit": "meeting.started", "set": {"meeting..id": "x"}}`), `step 1: set["meeting..id"]: found the name "meeting..id", want a path such as meeting.title`},
		{"taking away what is not there", steps(`{"emit": "meeting.started", "unset": ["meeting.titel"]}`), `step 1: unset: found "meeting.titel", which leads nowhere, want a path of the event's body; did you mean "meeting.title"?`},
		{"a reference that leads nowhere", steps(`{"emit": "meeting.started", "as": "s"}, {"emit": "meeting.ended", "set": {"x": "${s.meeting.sesionId}"}}`), `step 2: set["x"]: found "${s.meeting.sesionId}", which "s" does not have, want a member of meeting.started; did you mean "${s.meeting.sessionId}"?`},
		{"a reference to nobody", steps(`{"emit": "meeting.started", "as": "start"}, {"emit": "meeting.ended", "set": {"x": "${strat.meeting.id}"}}`), `step 2: set["x"]: found "strat", a name that no delivery before it has, want one given by as; did you mean "start"?`},
		{"a reference of no kind", steps(`{"emit": "meeting.started", "set": {"x": "${meeting}"}}`), `step 1: set["x"]: found "${meeting}", want ${n}, ${NAME.rtk-uuid} or ${NAME.member}, such as ${join.participant.peerId}`},
		{"a reference without an end", steps(`{"emit": "meeting.started", "set": {"x": "${y"}}`), `step 1: set["x"]: found "${y", want a } that closes it, or $${ for the two characters`},
		{"a round outside rounds", steps(`{"emit": "meeting.started", "who": "guest-${n}"}`), `step 1: who: found ${n} outside times and parallel, want it inside`},

		{"parallel without steps", steps(`{"parallel": 2}`), `step 1: steps: found nothing, want an array of 1 to 1000 steps`},
		{"several orders", steps(`{"shuffle": true, "parallel": 3, "steps": [{"emit": "meeting.started"}]}`), `step 1: found several of parallel, shuffle and together, want at most one, and another block inside or around`},
		{"meetings in meetings", steps(`{"parallel": 3, "steps": [{"parallel": 2, "steps": [{"emit": "meeting.started"}]}]}`), `step 1.1: parallel: found it inside another, want one level of parallel meetings`},
		{"the key among parallel meetings", steps(`{"parallel": 2, "steps": [{"key": "outage"}]}`), `step 1.1: key: found it among deliveries that happen at once, want it outside parallel, shuffle and together`},
		{"a block in a shuffled one", steps(`{"shuffle": true, "steps": [{"steps": [{"after": "1s"}]}]}`), `step 1.1: steps: found a block inside shuffle or together, want emit, repeat, send, session or a pause`},
		{"the background of a shuffled block", steps(`{"shuffle": true, "steps": [{"emit": "meeting.started", "background": true}]}`), `step 1.1: background: found it inside shuffle or together, want it outside`},
		{"the background of one instant", steps(`{"emit": "meeting.started", "background": true, "together": true}`), `step 1: background: found it beside together, want one of the two`},
		{"too many at one instant", steps(`{"emit": "meeting.participantJoined", "times": 1001, "together": true}`), `step 1: times: found 1001, want at most 1000 together`},
		{"too many in a block at one instant", steps(`{"together": true, "steps": [{"emit": "meeting.participantJoined", "times": 1001}]}`), `step 1: steps: found 1001 deliveries, want at most 1000 in a block whose order changes`},
		{"for days", steps(`{"times": 100000, "steps": [{"parallel": 1000, "steps": [{"emit": "meeting.started"}]}]}`), `step 1.1.1: found more than 1100000 steps to play up to here, want fewer rounds`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			_, err := scenarios.Parse("some/test.json", []byte(test.source))
			assert.ErrorIs(t, err, scenarios.ErrScript)
			assert.Error(t, err, "scenarios: some/test.json: "+test.want)
		})
	}
}

func TestAllProblemsAreListedUpToABound(t *testing.T) {
	_, err := scenarios.Parse("f.json", []byte(steps(`{"emit": "meeting.start"}, {"key": "outrage"}`)))
	assert.Error(t, err, `scenarios: f.json: step 1: emit: found "meeting.start", want the type of an event such as meeting.started; did you mean "meeting.started"?
f.json: step 2: key: found "outrage", want an action such as outage; did you mean "outage"?`)

	_, err = scenarios.Parse("f.json", []byte(steps(strings.Repeat(`{"emit": "x"},`, 24)+`{"emit": "x"}`)))
	var e *scenarios.Error
	assert.Assert(t, errors.As(err, &e))
	assert.Equal(t, len(e.Problems), 20)
	assert.Equal(t, e.Omitted, 5)
	lines := strings.Split(err.Error(), "\n")
	assert.Equal(t, len(lines), 21)
	assert.Equal(t, lines[20], "f.json: and 5 more")
}

// What follows from a problem is not another one.
func TestNamesOfStepsAtFaultAreNotMissed(t *testing.T) {
	_, err := scenarios.Parse("f.json", []byte(steps(`{"emit": "meeting.participantLeft", "as": "left"}, {"repeat": "left"}`)))
	assert.Error(t, err, `scenarios: f.json: step 1: emit: found a leave with nobody in the meeting, want a join before it`)
}

func TestProblemOfALoopIsListedOnce(t *testing.T) {
	_, err := scenarios.Parse("f.json", []byte(steps(`{"times": 3, "steps": [{"emit": "meeting.participantLeft"}]}`)))
	assert.Error(t, err, `scenarios: f.json: step 1.1: emit: found a leave with nobody in the meeting, want a join before it`)
}

func TestExampleOfTheManualIsAScript(t *testing.T) {
	s, err := scenarios.Parse("lost.json", []byte(`{ "$schema": "../schemas/scenario.schema.json",
  "title": "The answer to a delivery is lost, so it comes twice",
  "steps": [
    {"emit": "meeting.started"},
    {"after": "5m", "emit": "meeting.participantJoined", "who": "mary", "as": "join"},
    {"emit": "recording.statusUpdate", "set": {"recording.status": "RECORDING"},
     "faults": [{"attempt": 1, "after": "lose-response"}]},
    {"repeat": "join", "times": 3, "together": true, "expect": "2xx"},
    {"emit": "meeting.ended", "mutate": ["signature/other-key"], "expect": "rejected"} ] }`))
	assert.NilError(t, err)
	assert.Equal(t, s.Name, "lost")
	assert.Equal(t, s.Deliveries(), 7)
	r := play(t, s, newWorld(t, nil).options())
	assert.Equal(t, r.Outcome(), scenarios.Met)
	assert.Equal(t, r.Withheld, 3, "the host's join, and the leaves of both")
}

func TestStepsAreListedWithNumbersAndCounts(t *testing.T) {
	s := script(t, `
		{"emit": "meeting.started", "who": "host", "note": "It begins."},
		{"times": 3, "steps": [
			{"after": "1m", "emit": "meeting.participantJoined", "who": "guest-${n}", "as": "join-${n}"},
			{"repeat": "join-${n}", "uuid": "new", "mutate": ["signature/missing"]}]},
		{"parallel": 4, "steps": [{"emit": "recording.statusUpdate", "expect": "any"}]},
		{"after": "90m"}`)
	assert.DeepEqual(t, s.Steps(), []scenarios.StepInfo{
		{Number: "1", Do: "emit meeting.started host", Note: "It begins.", Expect: "delivered", Deliveries: 1},
		{Number: "2", Do: "block ×3"},
		{Number: "2.1", Do: "emit meeting.participantJoined guest-${n}", After: "1m", Expect: "delivered", Deliveries: 3},
		{Number: "2.2", Do: "repeat join-${n} as signature/missing", Expect: "any", Deliveries: 3},
		{Number: "3", Do: "4 meetings"},
		{Number: "3.1", Do: "emit recording.statusUpdate", Expect: "any", Deliveries: 4},
		{Number: "4", Do: "wait 1h30m", After: "90m"},
	})
	assert.Equal(t, s.Deliveries(), 11)
	assert.Assert(t, !s.NeedsKeys())
	assert.Assert(t, load(t, "key-outage").NeedsKeys())
}

func TestParseCopesWithLoopsOfNothing(t *testing.T) {
	for _, source := range []string{
		steps(`{"times": 100000, "steps": [{"times": 5, "steps": [{"after": "0s"}]}]}`),
		steps(`{"emit": "meeting.participantJoined", "times": 100000, "later": true}`),
	} {
		_, err := scenarios.Parse("f.json", []byte(source))
		assert.NilError(t, err)
	}
}
