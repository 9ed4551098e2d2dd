package scenarios_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/scenarios"
)

// sent plays s with a fake sender and returns what was sent, in order.
func sent(t testing.TB, s *scenarios.Scenario, change func(*scenarios.Options)) []mocksender.Delivery {
	t.Helper()
	o := scenarios.Options{Concurrency: 1}
	if change != nil {
		change(&o)
	}
	f := &fake{}
	f.into(&o)
	play(t, s, o)
	return f.sent
}

// types returns the types of deliveries with who they are about.
func types(t testing.TB, all []mocksender.Delivery) []string {
	t.Helper()
	var out []string
	for _, d := range all {
		name := string(d.Event.Type)
		for _, path := range []string{"recording.status", "status", "reason"} {
			if v := text(d, path); v != "" {
				name += " " + v
			}
		}
		out = append(out, name)
	}
	return out
}

// lines writes deliveries as uuid, event and body.
func lines(all []mocksender.Delivery) []string {
	var out []string
	for _, d := range all {
		out = append(out, d.UUID+" "+string(d.Event.Type)+" "+string(d.Event.Body))
	}
	return out
}

func TestSameSeedSendsTheSameBytes(t *testing.T) {
	for _, name := range []string{"weekly-sync", "out-of-order", "many-meetings", "forged-between"} {
		s := load(t, name)
		seeded := func(seed uint64, concurrency int) []string {
			all := lines(sent(t, s, func(o *scenarios.Options) {
				o.Payload.Seed, o.Concurrency = seed, concurrency
			}))
			if name == "many-meetings" {
				slices.Sort(all) // their order is left open
			}
			return all
		}
		first := seeded(7, 1)
		assert.DeepEqual(t, seeded(7, 1), first)
		assert.DeepEqual(t, seeded(7, 16), first)
		other := seeded(8, 1)
		assert.Equal(t, len(other), len(first))
		assert.Assert(t, !slices.Equal(other, first), name)
	}
}

func TestOptionsFixTheMeetings(t *testing.T) {
	s := script(t, `{"emit": "meeting.started"}, {"parallel": 2, "steps": [{"emit": "meeting.started"}]}`)
	all := sent(t, s, func(o *scenarios.Options) {
		o.Payload = payload.Options{MeetingID: "here", Title: "Mine", OrganizationID: "org"}
	})
	assert.Equal(t, len(all), 3)
	sessions := map[string]bool{}
	for _, d := range all {
		assert.Equal(t, text(d, "meeting.id"), "here")
		assert.Equal(t, text(d, "meeting.title"), "Mine")
		assert.Equal(t, text(d, "meeting.organizedBy.id"), "org")
		sessions[text(d, "meeting.sessionId")] = true
	}
	assert.Equal(t, len(sessions), 3, "each meeting has its own session")
}

// A receiver that knows the uuids of the first round would take the second for
// repeats.
func TestEachRoundAroundParallelHasMeetingsOfItsOwn(t *testing.T) {
	const meetings = `{"parallel": 2, "steps": [{"emit": "meeting.started"}]}`
	for _, c := range []struct {
		reason, steps string
		want          int
	}{
		{"a loop around it", `{"times": 3, "steps": [` + meetings + `]}`, 6},
		{"rounds of its own in a loop", `{"times": 2, "steps": [{"times": 2, "parallel": 2, "steps": [{"emit": "meeting.started"}]}]}`, 8},
		{"two loops around it", `{"times": 2, "steps": [{"times": 3, "steps": [` + meetings + `]}]}`, 12},
	} {
		s := script(t, c.steps)
		uuids, sessions := map[string]bool{}, map[string]bool{}
		all := sent(t, s, nil)
		for _, d := range all {
			uuids[d.UUID], sessions[text(d, "meeting.sessionId")] = true, true
		}
		assert.Equal(t, len(all), c.want, c.reason)
		assert.Equal(t, len(uuids), c.want, c.reason)
		assert.Equal(t, len(sessions), c.want, c.reason)
		again := lines(sent(t, s, nil))
		first := lines(all)
		slices.Sort(again) // their order is left open
		slices.Sort(first)
		assert.DeepEqual(t, again, first)
	}
}

func TestEachRoundIsShuffledAnew(t *testing.T) {
	joined := func(name string) string {
		return `{"emit": "meeting.participantJoined", "set": {"participant.userDisplayName": "` + name + `"}}`
	}
	all := sent(t, script(t, `{"times": 8, "steps": [{"shuffle": true, "steps": [`+joined("a")+`,`+joined("b")+`,`+joined("c")+`,`+joined("d")+`]}]}`), nil)
	orders := map[string]bool{}
	for round := range slices.Chunk(all, 4) {
		order := ""
		for _, d := range round {
			order += text(d, "participant.userDisplayName")
		}
		orders[order] = true
	}
	assert.Assert(t, len(orders) > 1, "%v", orders)
}

func TestScriptTitleAndFormsReachTheEvents(t *testing.T) {
	s, err := scenarios.Parse("f.json", []byte(`{"title": "a", "meeting": {"title": "Board", "duration": "45m", "forms": ["client-specific-id", "invoked"]}, "steps": [
		{"emit": "meeting.participantJoined", "who": "a"}, {"emit": "meeting.participantJoined", "who": "b"},
		{"emit": "recording.statusUpdate"}, {"emit": "recording.statusUpdate"},
		{"emit": "meeting.participantLeft", "who": "a"}]}`))
	assert.NilError(t, err)
	all := sent(t, s, func(o *scenarios.Options) { o.Payload.Forms = []payload.Form{payload.FormRoomName} })
	assert.Equal(t, text(all[0], "meeting.title"), "Board")
	assert.Equal(t, text(all[0], "meeting.roomName"), text(all[0], "meeting.id"))
	assert.Equal(t, text(all[0], "participant.clientSpecificId"), text(all[0], "participant.customParticipantId"))
	assert.DeepEqual(t, types(t, all[2:4]), []string{"recording.statusUpdate INVOKED", "recording.statusUpdate RECORDING"})
	assert.Equal(t, text(all[4], "meeting.endedAt"), "2026-06-03T10:45:00.000Z")
}

func TestEventsThatNobodyAsksForAreWithheld(t *testing.T) {
	s := script(t, `{"emit": "meeting.participantJoined", "who": "mary"},
		{"emit": "recording.statusUpdate", "set": {"recording.status": "UPLOADED"}},
		{"emit": "meeting.ended"}`)
	o := scenarios.Options{}
	f := &fake{}
	f.into(&o)
	r := play(t, s, o)
	assert.DeepEqual(t, types(t, f.sent), []string{
		"meeting.participantJoined", "recording.statusUpdate UPLOADED", "meeting.ended ALL_PARTICIPANTS_LEFT",
	})
	assert.Equal(t, r.Withheld, 4, "started, RECORDING, UPLOADING, left")
}

func TestEventsHeldBackAreWithheldUnlessACopyArrives(t *testing.T) {
	for _, test := range []struct {
		reason, steps string
		want          int
	}{
		{"never sent", ``, 1},
		{"a forgery of it is not it", `, {"repeat": "s", "mutate": ["signature/missing"]}`, 1},
		{"a copy", `, {"repeat": "s"}`, 0},
		{"sent", `, {"send": "s"}`, 0},
		{"a copy, and sent", `, {"repeat": "s"}, {"send": "s"}`, 0},
	} {
		t.Run(test.reason, func(t *testing.T) {
			o := scenarios.Options{}
			new(fake).into(&o)
			r := play(t, script(t, `{"emit": "meeting.started", "as": "s", "later": true}, {"emit": "meeting.participantJoined"}`+test.steps), o)
			assert.Equal(t, r.Withheld, test.want)
		})
	}
}

func TestEventsThatHaveHappenedAreSentWhenAskedFor(t *testing.T) {
	all := sent(t, script(t, `{"emit": "recording.statusUpdate", "set": {"recording.status": "UPLOADED"}},
		{"emit": "recording.statusUpdate", "set": {"recording.status": "RECORDING"}},
		{"emit": "recording.statusUpdate"}, {"emit": "meeting.started"}, {"emit": "meeting.participantJoined"}`), nil)
	assert.DeepEqual(t, types(t, all), []string{
		"recording.statusUpdate UPLOADED", "recording.statusUpdate RECORDING", "recording.statusUpdate UPLOADING",
		"meeting.started", "meeting.participantJoined",
	})
}

func TestHostsEndMakesTheOthersLeave(t *testing.T) {
	all := sent(t, load(t, "host-ends-meeting"), nil)
	last := all[len(all)-3:]
	assert.DeepEqual(t, types(t, last), []string{
		"meeting.participantLeft", "meeting.participantLeft", "meeting.ended HOST_ENDED_MEETING",
	})
	assert.Equal(t, text(last[0], "meeting.endedAt"), text(last[2], "meeting.endedAt"))
}

func TestSetUnsetAndReferences(t *testing.T) {
	all := sent(t, script(t, `
		{"emit": "meeting.participantJoined", "who": "mary", "as": "join"},
		{"times": 2, "steps": [{"emit": "meeting.participantJoined", "who": "guest-${n}", "as": "guest-${n}",
			"set": {"participant.userDisplayName": "Guest no. ${n}", "extra": {"peer": "${join.participant.peerId}", "round": "${n}", "text": "$${n} <&>"}}}]},
		{"times": 2, "steps": [{"emit": "meeting.participantLeft", "who": "guest-${n}",
			"set": {"participant.peerId": "${guest-${n}.participant.peerId}", "of": "${join.rtk-uuid}", "whole": "${guest-1.extra}"}, "unset": ["meeting.title"]}]}`), nil)
	assert.Equal(t, text(all[1], "participant.userDisplayName"), "Guest no. 1")
	assert.Equal(t, text(all[2], "participant.userDisplayName"), "Guest no. 2")
	peer := text(all[0], "participant.peerId")
	assert.Equal(t, text(all[2], "extra"), `{"peer": "`+peer+`", "round": 2, "text": "${n} <&>"}`)
	assert.Equal(t, text(all[4], "participant.peerId"), text(all[2], "participant.peerId"))
	assert.Equal(t, text(all[4], "of"), all[0].UUID)
	assert.Equal(t, text(all[4], "whole"), text(all[1], "extra"))
	assert.Assert(t, !bytes.Contains(all[4].Event.Body, []byte(`"title"`)))
}

func TestRepeatSendsTheSameBytesAndUUID(t *testing.T) {
	all := sent(t, script(t, `{"emit": "meeting.started", "as": "s", "mutate": ["body/flip-byte"]},
		{"repeat": "s"}, {"repeat": "s", "uuid": "new", "mutate": []}, {"repeat": "s", "mutate": ["signature/missing"]}`), nil)
	for _, d := range all {
		assert.Equal(t, string(d.Event.Body), string(all[0].Event.Body))
	}
	assert.Equal(t, all[1].UUID, all[0].UUID)
	assert.Assert(t, all[2].UUID != all[0].UUID)
	var mutations []string
	for _, d := range all {
		id := ""
		for _, m := range d.Mutations {
			id += m.ID
		}
		mutations = append(mutations, id)
	}
	assert.DeepEqual(t, mutations, []string{"body/flip-byte", "body/flip-byte", "", "signature/missing"})
}

func TestFaultsOfAStepComeBeforeThoseAround(t *testing.T) {
	all := sent(t, script(t, `{"faults": [{"before": "refuse"}], "steps": [
		{"emit": "meeting.started", "faults": [{"attempt": 2, "after": "replace 502", "chance": 0.5, "event": "meeting.started"}], "expect": "any"},
		{"steps": [{"emit": "meeting.participantJoined", "expect": "any"}], "faults": [{"before": "delay 20ms"}]}]},
		{"emit": "recording.statusUpdate"}`), nil)
	plan := func(p mocksender.FaultPlan) string {
		var out []string
		for _, f := range p {
			out = append(out, fmt.Sprintf("%d %s %v %s", f.Attempt, f, f.Chance, f.Event))
		}
		return strings.Join(out, "; ")
	}
	assert.Equal(t, plan(all[0].Faults), "2 replace 502 0.5 meeting.started; 0 refuse 0 ")
	assert.Equal(t, plan(all[1].Faults), "0 delay 20ms 0 ; 0 refuse 0 ")
	assert.Equal(t, plan(all[2].Faults), "")
}

func TestShuffleReordersByTheSeedAlone(t *testing.T) {
	s := script(t, `{"shuffle": true, "steps": [{"emit": "meeting.participantJoined", "who": "guest-${n}", "times": 30}, {"emit": "meeting.ended"}]}`)
	order := func(seed uint64, n int) []string {
		return lines(sent(t, s, func(o *scenarios.Options) { o.Payload.Seed, o.Concurrency = seed, n }))
	}
	first := order(1, 1)
	assert.DeepEqual(t, order(1, 16), first)
	ordered := slices.Clone(first)
	slices.SortFunc(ordered, func(a, b string) int { return strings.Compare(joinedAt(a), joinedAt(b)) })
	assert.Assert(t, !slices.Equal(first, ordered))
	assert.Equal(t, len(first), 31)
}

func joinedAt(line string) string { _, after, _ := strings.Cut(line, "peerId"); return after }

func TestNextSessionStartsAgain(t *testing.T) {
	s := script(t, `{"emit": "meeting.started", "who": "host"}, {"emit": "livestreaming.statusUpdate"}, {"emit": "meeting.ended"}, {"session": "next"},
		{"emit": "meeting.started", "who": "host"}, {"emit": "livestreaming.statusUpdate"}, {"emit": "meeting.participantJoined"}`)
	o := scenarios.Options{}
	f := &fake{}
	f.into(&o)
	r := play(t, s, o)
	assert.Equal(t, r.Withheld, 2, "the join and the leave of the first session can no longer be asked for")
	first, second := f.sent[:3], f.sent[3:]
	assert.Equal(t, text(first[0], "meeting.id"), text(second[0], "meeting.id"))
	assert.Assert(t, text(first[0], "meeting.sessionId") != text(second[0], "meeting.sessionId"))
	assert.DeepEqual(t, types(t, second), []string{"meeting.started", "livestreaming.statusUpdate LIVE", "meeting.participantJoined"})
	assert.Assert(t, text(first[1], "streamId") != text(second[1], "streamId"))
	assert.Equal(t, text(second[2], "meeting.sessionId"), text(second[0], "meeting.sessionId"))
}
