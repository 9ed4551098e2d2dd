package checks_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// counted are the effects of a receiver of this process, of those event types
// that mean something to it; nil: of all.
type counted struct {
	receiver *receivers.Receiver
	types    []rtk.EventType
}

func (c counted) Count(_ context.Context, q effects.Query) (int, error) {
	for _, t := range c.types {
		if t == q.Event {
			return c.receiver.Count(q.UUID), nil
		}
	}
	if c.types == nil {
		return c.receiver.Count(q.UUID), nil
	}
	return 0, nil
}

func (counted) Key(q effects.Query) string { return q.UUID }

// against runs checks against the receiver called name; "" is the reference.
func against(t *testing.T, name string, change func(*conformance.Options, *receivers.Receiver), ids ...string) *conformance.Report {
	t.Helper()
	b := newBench(t, "")
	receiver, err := receivers.Flawed(name, receivers.Config{KeyURL: b.endpoints.KeyURL(), EffectDelay: 100 * time.Millisecond, FetchTime: 300 * time.Millisecond})
	if name == "" {
		receiver, err = receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()}), nil
	}
	assert.NilError(t, err)
	t.Cleanup(receiver.Close)
	o := b.quick(serve(t, receiver))
	o.Target.Effects = counted{receiver: receiver}
	o.Checks = only(t, ids...)
	if change != nil {
		change(&o, receiver)
	}
	report := run(t.Context(), t, o)
	explain(t, report)
	return report
}

// shared is counted by session: its deliveries have one count.
type shared struct{ counted }

func (shared) Key(q effects.Query) string { return q.SessionID }

func bySession(o *conformance.Options, r *receivers.Receiver) {
	o.Target.Effects = shared{counted{receiver: r}}
}

// tardy shows an effect when it is asked for the fourth time; of the first leave
// that it is asked for, and of other events, at once.
type tardy struct {
	counted
	mu    sync.Mutex
	first string // the leave's uuid
	asked map[string]int
}

func (e *tardy) Count(ctx context.Context, q effects.Query) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if q.Event == rtk.MeetingParticipantLeft {
		e.first = cmp.Or(e.first, q.UUID)
		if e.asked[q.UUID]++; q.UUID != e.first && e.asked[q.UUID] < 4 {
			return 0, nil
		}
	}
	return e.counted.Count(ctx, q)
}

func late(o *conformance.Options, r *receivers.Receiver) {
	o.EffectsTimeout = 10 * time.Second
	o.Target.Effects = &tardy{counted: counted{receiver: r}, asked: map[string]int{}}
}

func blind(o *conformance.Options, _ *receivers.Receiver) { o.Target.Effects = nil }

func TestDeliveryChecksSayOnlyWhatWasSeen(t *testing.T) {
	recordingsOnly := func(o *conformance.Options, r *receivers.Receiver) {
		o.Target.Effects = counted{r, []rtk.EventType{rtk.RecordingStatusUpdate}}
		o.Checks = append(o.Checks, only(t, "evt/accept-recording.statusUpdate")...)
	}
	idempotent := func(o *conformance.Options, _ *receivers.Receiver) { o.Idempotent = true }
	limited := func(o *conformance.Options, _ *receivers.Receiver) { o.Rate = 1000 }
	for _, tc := range []struct {
		receiver, id, reason string
		change               func(*conformance.Options, *receivers.Receiver)
		want                 conformance.Status
		says                 string
	}{
		{"", "dlv/dup-sequential", "one effect", nil, conformance.Pass, ""},
		{"", "dlv/dup-sequential", "statuses alone do not pass", blind, conformance.Skip, "--effects-url"},
		{"", "dlv/dup-sequential", "joins mean nothing to this target, so that they have no effect is no finding", recordingsOnly, conformance.Skip, "nothing of the type meeting.participantJoined took effect"},
		{"no-deduplication", "dlv/dup-sequential", "an effect each time", nil, conformance.Warn, "took effect 7 times; it was sent 7 times"},
		{"no-deduplication", "dlv/dup-sequential", "where one was promised", idempotent, conformance.Fail, "took effect 7 times"},
		{"no-deduplication", "dlv/dup-sequential", "nobody sees them", blind, conformance.Skip, "--effects-url"},
		{"409-on-duplicates", "dlv/dup-sequential", "the refusal is seen without effects", blind, conformance.Warn, "answered 409"},
		{"no-deduplication", "dlv/dup-concurrent", "an effect for each", nil, conformance.Warn, "took effect 8 times; it was sent 8 times"},
		{"", "dlv/dup-concurrent", "eight at once are more than was allowed", limited, conformance.Skip, "--rate"},
		{"no-deduplication", "dlv/response-lost-then-retry", "the first had its effect, though the answer was lost", nil, conformance.Warn, "took effect 2 times; it was sent 2 times"},
		{"no-deduplication", "dlv/response-lost-then-retry", "and so had one that was hung up on", nil, conformance.Warn, "hangs up after 20ms: took effect 2 times; it was sent 2 times"},
		{"", "dlv/dup-new-uuid", "another delivery, as far as it can tell", nil, conformance.Pass, "takes effect as another"},
		{"body-hash-deduplication", "dlv/dup-new-uuid", "the same event, as far as it can tell", nil, conformance.Pass, "no effect of its own"},
		{"body-hash-deduplication", "dlv/same-body-new-uuid", "the second LIVE is dropped", nil, conformance.Warn, "while its equal before had"},
		{"body-hash-deduplication", "dlv/same-body-new-uuid", "nobody sees it", blind, conformance.Skip, "--effects-url"},
		{"", "dlv/same-body-new-uuid", "livestreams mean nothing to this target", recordingsOnly, conformance.Skip, "nothing of the type livestreaming.statusUpdate took effect"},
		{"rejects-livestreaming.statusUpdate", "dlv/same-body-new-uuid", "this is no matter of equal bodies", nil, conformance.Skip, "nothing to compare with"},
		{"notes-uuid-before-verifying", "dlv/forged-uuid-poison", "a MUST", nil, conformance.Fail, "it had no effect"},
		{"notes-uuid-before-verifying", "dlv/forged-uuid-poison", "a 2xx alone proves nothing", blind, conformance.Skip, "--effects-url"},
		{"", "dlv/forged-uuid-poison", "nor where joins mean nothing", recordingsOnly, conformance.Skip, "nothing of the type meeting.participantJoined took effect"},
		{"remembers-the-last-few", "dlv/dup-late", "a short memory is seen", nil, conformance.Warn, "64 others later: took effect 2 times"},
		{"remembers-the-last-few", "dlv/dup-sequential", "and not at once", nil, conformance.Pass, ""},
		{"", "dlv/dup-late", "nothing is forgotten", nil, conformance.Pass, ""},
		{"", "dlv/dup-late", "a limited rate leaves no time for it", limited, conformance.Skip, "no more than 1000 a second"},
		{"remembers-the-last-few", "dlv/dup-late", "a 2xx alone proves nothing", blind, conformance.Skip, "--effects-url"},
		{"dedupes-by-session", "dlv/forged-uuid-poison", "a second join is dropped whoever has had its uuid", nil, conformance.Skip, "something else drops it"},
		{"leave-needs-join", "dlv/out-of-order", "what is refused for its order is named", nil, conformance.Warn, "meeting.participantLeft before meeting.participantJoined: answered 404"},
		{"rejects-meeting.participantLeft", "dlv/out-of-order", "what is refused anyway is not", nil, conformance.Pass, "so is a similar event in the usual order"},
		{"rejects-meeting.summary", "dlv/gap", "nor is it a gap", nil, conformance.Pass, "so is a similar event in the usual order"},
		{"filesize-as-number", "dlv/aged-retry", "nor age", nil, conformance.Pass, "so is a similar event in the usual order"},
		{"one-meeting-at-a-time", "dlv/session-reuse", "nor a second session", nil, conformance.Pass, "so is a similar event in the usual order"},
		{"late-end-closes-meeting", "dlv/former-session", "the late end of another session is blamed", nil, conformance.Warn, "meeting.participantJoined of the new session: answered 404"},
		{"late-end-silences-meeting", "dlv/former-session", "nothing comes of what follows", nil, conformance.Warn, "without an effect"},
		{"rejects-meeting.participantLeft", "dlv/former-session", "not where leaves are refused anyway", nil, conformance.Pass, "so is a similar event in the usual order"},
		{"yesterday-is-stale", "dlv/aged-retry", "age is", nil, conformance.Warn, "of a day ago: answered 400"},
		{"yesterday-is-dropped", "dlv/aged-retry", "nothing comes of it", nil, conformance.Warn, "of a day ago"},
		{"yesterday-is-dropped", "dlv/aged-retry", "a 2xx is all that is seen", blind, conformance.Pass, ""},
		{"yesterday-is-dropped", "dlv/aged-retry", "a count that deliveries share tells nothing of one", bySession, conformance.Pass, ""},
		{"", "evt/lifecycle", "what is slower than others like it is waited for", late, conformance.Pass, ""},
		{"dedupes-by-recording", "evt/lifecycle", "a warning at most, for nothing comes of UPLOADED by then", func(o *conformance.Options, _ *receivers.Receiver) {
			o.Checks = append(o.Checks, only(t, "dlv/out-of-order")...)
		}, conformance.Warn, `recording.statusUpdate with "UPLOADED"`},
		{"acts-on-outcomes-alone", "dlv/aged-retry", "what is never acted on is not dropped for its age", nil, conformance.Pass, ""},
		{"uuid-required-500", "dlv/missing-uuid", "a note is all that a MAY gets", nil, conformance.Note, "answered 500"},
		{"known-webhook", "dlv/missing-webhook-id", "a refusal is its right", func(o *conformance.Options, _ *receivers.Receiver) {
			o.WebhookID = receivers.KnownWebhookID
		}, conformance.Pass, "answered 403"},
	} {
		t.Run(tc.receiver+" "+tc.id+" "+tc.reason, func(t *testing.T) {
			t.Parallel()
			v := against(t, tc.receiver, tc.change, tc.id).Verdicts[0]
			assert.Equal(t, string(v.ID), tc.id)
			assert.Equal(t, v.Status, tc.want)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}

func TestOutagesAreJudgedWhereTheyMakeATargetFail(t *testing.T) {
	const failed, claimed = "dlv/fail-then-retry", "dlv/inflight-claim"
	for _, tc := range []struct {
		receiver, reason string
		change           func(*conformance.Options, *receivers.Receiver)
		failed, claimed  conformance.Status
		says             string
	}{
		{"", "it holds its key", nil, conformance.Skip, conformance.Skip, conformance.RestartHint},
		{"fetches-every-time", "it fails and is right", nil, conformance.Pass, conformance.Pass, ""},
		{"fetches-every-time", "nobody sees whether it is", blind, conformance.Skip, conformance.Pass, "--effects-url"},
		{"backs-off-from-key-endpoint", "it is given time to recover", nil, conformance.Pass, conformance.Pass, ""},
		{"marks-before-the-work", "the retry is dropped, and so is a duplicate meanwhile", nil, conformance.Fail, conformance.Fail, "it had no effect within"},
		{"claims-while-in-work", "only the duplicate is", nil, conformance.Pass, conformance.Fail, ""},
		{"claims-while-in-work", "nobody sees what became of it", blind, conformance.Skip, conformance.Inconclusive, "--effects-url"},
	} {
		t.Run(tc.receiver+" "+tc.reason, func(t *testing.T) {
			t.Parallel()
			report := against(t, tc.receiver, func(o *conformance.Options, r *receivers.Receiver) {
				o.Timeout, o.EffectsTimeout = 10*time.Second, 2*time.Second // a busy machine is no finding
				if tc.change != nil {
					tc.change(o, r)
				}
			}, failed, claimed)
			assert.Equal(t, report.Verdicts[0].Status, tc.failed)
			assert.Equal(t, report.Verdicts[1].Status, tc.claimed)
			assert.Assert(t, strings.Contains(report.Verdicts[0].Reason, tc.says), report.Verdicts[0].Reason)
		})
	}
}

// A target that does not come out of an outage leaves more than one check undecided, and
// all but one say where that is judged.
func TestOutagesWithoutAnEndPointToTheCheckOfThem(t *testing.T) {
	b := newBench(t, "")
	receiver, err := receivers.Flawed("remembers-failed-fetch", receivers.Config{KeyURL: b.endpoints.KeyURL()})
	assert.NilError(t, err)
	url, process := start(t, receiver)
	o := b.quick(url)
	o.Target.Restart, o.Target.Effects, o.Recovery = process, counted{receiver: receiver}, 200*time.Millisecond
	o.Checks = only(t, "ctl/valid-accepted", "dlv/fail-then-retry")
	v := verdicts(run(t.Context(), t, o))["dlv/fail-then-retry"]
	assert.Equal(t, v.Status, conformance.Inconclusive, v.Reason)
	assert.Assert(t, strings.HasSuffix(v.Reason, "; key/recovers judges that"), v.Reason)
}

// An outage is the harness's doing: what it keeps a target from is no part of
// the account of what the target took.
func TestOutagesAreNoPartOfTheLedger(t *testing.T) {
	l := against(t, "fetches-every-time", nil, "dlv/fail-then-retry", "dlv/inflight-claim").Ledger
	assert.Equal(t, l.Accepted, l.Emitted)
}

// The race is met in nearly every run, or the matrix would fail now and then.
func TestRacyDeduplicationIsCaught(t *testing.T) {
	t.Parallel()
	for range 5 {
		v := against(t, "select-then-insert", nil, "dlv/dup-concurrent").Verdicts[0]
		assert.Equal(t, v.Status, conformance.Warn, v.Reason)
	}
}

func TestOutageChecksComeLast(t *testing.T) {
	for _, c := range checks.All() {
		risky := slices.Contains([]conformance.ID{"rsp/poison", "http/truncated-body", "http/oversize", "evt/deep-nesting"}, c.ID)
		assert.Equal(t, c.Phase == conformance.Risky, risky, "%s", c.ID)
		wedging := c.ID == "key/oversize" || c.ID == "key/drip"
		assert.Equal(t, c.Phase == conformance.Wedging, wedging, "%s", c.ID)
		last := !wedging && (c.ID == "dlv/fail-then-retry" || c.ID == "dlv/inflight-claim" || c.Needs&conformance.NeedRestart != 0 || c.ID == "key/outage-warm" || c.ID.Group() == "api")
		assert.Equal(t, c.Phase == conformance.Last, last, "%s", c.ID)
		assert.Equal(t, c.Phase == conformance.Final, strings.HasPrefix(string(c.ID), "key/rotation"), "%s", c.ID)
	}
}
