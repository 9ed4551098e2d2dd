package report_test

import (
	"bytes"
	"errors"
	"html"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
	"gotest.tools/v3/golden"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
	"github.com/rtkmock/rtkmock/schemas"
)

func writePlay(t testing.TB, format string, p *report.Play, o plaintext.Options) string {
	t.Helper()
	f, err := formats.Lookup(format)
	assert.NilError(t, err)
	d := report.NewPlay(p, "1.2.3")
	var b bytes.Buffer
	assert.NilError(t, f.Write(&b, d, o))
	return b.String()
}

// faulty is a delivery with three attempts: a gateway answers the first, the
// answer to the second is lost, and the third is refused.
func faulty() mocksender.Receipt {
	r := receipt(joinedBody, request(joinedBody, nil), nil,
		mocksender.Outcome{Status: 503},
		mocksender.Outcome{
			Took: 2 * time.Millisecond, Class: mocksender.ClassReset,
			Err: &mocksender.NetError{Class: mocksender.ClassReset, Msg: "the answer was lost (a fault of the script)", Err: errors.New("reset")},
		},
		mocksender.Outcome{
			Status: 409, Took: 4 * time.Millisecond, Body: []byte(hostile),
			Header: http.Header{"Set-Cookie": {secretCookie}},
		})
	r.Attempts[0].Fault = "respond 503"
	r.Attempts[1].Fault, r.Attempts[1].Reached = "lose-response", true
	r.Attempts[1].Target = &mocksender.Outcome{Status: 200}
	r.Attempts[2].Reached = true
	r.Fate = mocksender.Failed
	return r
}

// unmet is a play that failed in every way there is.
func unmet() *report.Play {
	step := func(number, do string, expect scenarios.Expectation, status scenarios.Status, reason string, c scenarios.Counts) scenarios.StepResult {
		return scenarios.StepResult{
			StepInfo: scenarios.StepInfo{Number: number, Do: do, Expect: expect, Deliveries: c.Sent},
			Status:   status, Reason: reason, Counts: c,
		}
	}
	steps := []scenarios.StepResult{
		step("1", "emit meeting.started", scenarios.Delivered, scenarios.Met, "", scenarios.Counts{Sent: 1, Attempts: 1, Delivered: 1, Met: 1}),
		step("2", "emit meeting.participantJoined mary", scenarios.Delivered, scenarios.Unmet, "answered 409, attempt 3",
			scenarios.Counts{Sent: 1, Attempts: 3, Failed: 1, Unmet: 1}),
		step("3", "emit meeting.participantJoined guest-${n} ×4", scenarios.Delivered, scenarios.Unmet, "2 of 4 deliveries: answered 409, attempt 3",
			scenarios.Counts{Sent: 4, Attempts: 4, Delivered: 2, Failed: 2, Met: 2, Unmet: 2}),
		step("4", "emit meeting.participantJoined bob", scenarios.Delivered, scenarios.Unmet, "answered 409, attempt 3",
			scenarios.Counts{Sent: 1, Attempts: 3, Failed: 1, Unmet: 1}),
		step("5", "repeat join as signature/other-key", scenarios.Rejected, scenarios.Inconclusive, "neither accepted nor rejected: "+hostile,
			scenarios.Counts{Sent: 1, Attempts: 1, Exhausted: 1, Inconclusive: 1}),
		step("6", "emit livestreaming.statusUpdate", scenarios.Delivered, scenarios.Skipped, "the webhook is not subscribed to this event",
			scenarios.Counts{Filtered: 1}),
		step("7", "2 meetings", "", scenarios.NotPlayed, "the play ended before", scenarios.Counts{}),
		step("7.1", "emit meeting.ended", scenarios.Delivered, scenarios.NotPlayed, "the play ended before", scenarios.Counts{}),
	}
	steps[1].Note = "The script's own word."
	steps[1].Evidence = []mocksender.Receipt{faulty(), accepted("1")}
	steps[2].Evidence = []mocksender.Receipt{silent()}
	total := scenarios.Counts{}
	for _, s := range steps {
		total.Sent += s.Counts.Sent
		total.Attempts += s.Counts.Attempts
		total.Delivered += s.Counts.Delivered
		total.Failed += s.Counts.Failed
		total.Exhausted += s.Counts.Exhausted
		total.Met += s.Counts.Met
		total.Unmet += s.Counts.Unmet
		total.Inconclusive += s.Counts.Inconclusive
		total.Filtered += s.Counts.Filtered
	}
	d := report.PlayDocument{
		Scenario: report.Scenario{Source: "scripts/incident.json", Note: "The hazard.", Expectation: "All is well in the end."},
		Target: conformance.TargetInfo{
			URL: fixtureURL, KeyURL: "http://127.0.0.1:9010/.well-known/webhooks.json", Events: rtk.EventTypes()[:8],
			WebhookID: "0d5be8a5-3a9c-4d3c-8f5a-5bd5ac1d4a0d",
		},
		KeyFetches: 2, Began: fixtureStart.Add(time.Hour), Speed: 60, Stopped: "interrupted", Recording: "incident.jsonl",
		Calls:       []conformance.APICall{{Operation: "meetings.getMeetingByID", Method: "GET", Path: "/meetings/{meeting}", Status: 200, Count: 12}},
		Assumptions: []conformance.Assumption{{Name: "time-out of one attempt", Value: "3s", Flag: "--timeout"}},
		Faults:      []string{"respond 503, attempt=1"},
		Health: []report.HealthChange{
			{State: mocksender.Reduced, Time: fixtureStart.Add(time.Hour), MeetingTime: fixtureStart.Add(5 * time.Minute), Event: rtk.MeetingParticipantJoined, UUID: "a"},
			{State: mocksender.Probing, Time: fixtureStart.Add(time.Hour), MeetingTime: fixtureStart.Add(6 * time.Minute), Event: rtk.MeetingParticipantLeft, UUID: "b"},
			{State: mocksender.Healthy, Time: fixtureStart.Add(time.Hour), MeetingTime: fixtureStart.Add(7 * time.Minute), Event: rtk.MeetingEnded, UUID: "c"},
		},
		Ledger: playLedger(),
	}
	return &report.Play{
		PlayDocument: d,
		Result: &scenarios.Result{
			Scenario: "incident", Title: "What happened on the third of June", URL: fixtureURL,
			Seed: 18446744073709551615, Start: fixtureStart, Steps: steps, Counts: total, Took: 1234567 * time.Microsecond,
		},
		SecretHeaders: []string{"X-Gateway"},
	}
}

func playLedger() ledger.Report {
	ledger := ledger.New(ledger.Options{})
	for i, r := range []mocksender.Receipt{
		accepted("1"), faulty(), silent(),
		{Fate: mocksender.NotTried, Delivery: mocksender.Delivery{UUID: "n", Event: rtk.Event{Type: rtk.MeetingEnded}}},
		{Fate: mocksender.Abandoned, Delivery: mocksender.Delivery{UUID: "d", Event: rtk.Event{Type: rtk.MeetingEnded}}, Attempts: faulty().Attempts[:1]},
		{Fate: mocksender.Exhausted, Delivery: mocksender.Delivery{UUID: "e", Event: rtk.Event{Type: rtk.MeetingStarted}}, Attempts: faulty().Attempts[:2]},
		{Fate: mocksender.Delivered, Delivery: mocksender.Delivery{UUID: "f", Event: rtk.Event{Type: rtk.MeetingStarted}}, Attempts: append(faulty().Attempts[:1], accepted("f").Attempts...)},
	} {
		r.Delivery.MeetingTime = fixtureStart.Add(time.Duration(i) * 90 * time.Second)
		if len(r.Attempts) == 0 { // it is entered by the clock on the wall
			r.Attempts, r.Fate = faulty().Attempts[:1], mocksender.Abandoned
		}
		ledger.Add(r)
	}
	return ledger.Snapshot()
}

// allMet is a play in which all went well.
func allMet() *report.Play {
	p := unmet()
	p.Result.Steps = p.Result.Steps[:1]
	p.Result.Counts = p.Result.Steps[0].Counts
	p.Result.Complete, p.Stopped, p.Scenario.Source, p.Recording, p.Faults, p.Health = true, "", "", "", nil, nil
	p.Target.Embedded, p.Target.URL = true, "http://127.0.0.1:40001/webhook"
	ledger := ledger.New(ledger.Options{})
	ledger.Add(accepted("1"))
	p.Ledger = ledger.Snapshot()
	return p
}

func TestPlayGolden(t *testing.T) {
	for _, c := range []struct {
		name, format string
		play         *report.Play
		options      plaintext.Options
		reason       string
	}{
		{"play-text", "text", unmet(), plaintext.Options{}, "what a person sees: 80 columns, no colour"},
		{"play-text-60-color", "text", unmet(), plaintext.Options{Width: 60, Color: true}, "a narrow terminal"},
		{"play-text-verbose", "text", unmet(), plaintext.Options{Width: 100, Verbose: true}, "a wide one, with everything"},
		{"play-text-met", "text", allMet(), plaintext.Options{}, "nothing failed, so there is little to say"},
		{"play-json", "json", unmet(), plaintext.Options{}, "what programs read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.reason)
			golden.Assert(t, writePlay(t, c.format, c.play, c.options), c.name+".golden")
		})
	}
}

func TestPlayJSONIsAnInstanceOfItsSchema(t *testing.T) {
	failed := unmet()
	failed.Failure = "step 3: the mutation does not apply"
	for name, p := range map[string]*report.Play{
		"everything": unmet(), "all met": allMet(), "failed": failed, "empty": {Result: &scenarios.Result{}, PlayDocument: report.PlayDocument{Ledger: ledger.New(ledger.Options{}).Snapshot()}},
	} {
		for _, reading := range []schemas.Reading{schemas.Open, schemas.Strict} {
			err := schemas.Validate("play", reading, []byte(writePlay(t, "json", p, plaintext.Options{})))
			assert.NilError(t, err, "%s, %s", name, reading)
		}
	}
}

func TestPlaySchemaRefusesWhatIsNoPlay(t *testing.T) {
	valid := writePlay(t, "json", unmet(), plaintext.Options{})
	for _, c := range []struct{ old, new, path, reason string }{
		{`"version": 1`, `"version": 2`, "$.version", "another version is another form"},
		{`"kind": "play"`, `"kind": "run"`, "$.kind", "a run has a form of its own"},
		{`"outcome": "unmet"`, `"outcome": "conformant"`, "$.outcome", "there are four outcomes"},
		{`"status": "unmet"`, `"status": "failed"`, "$.steps[1].status", "there are six statuses"},
		{`"number": "7.1"`, `"number": "7."`, "$.steps[7].number", "numbers are spelt one way"},
		{`"fault": "respond 503"`, `"fault": 503`, "$.steps[1].evidence[0].attempts[0].fault", "evidence has the form of a run's"},
		{`"state": "probing"`, `"state": "ill"`, "$.health[1].state", "there are three states"},
		{`"accepted_late": 0,`, ``, "accepted_late", "counts are never missing"},
		{`"complete": false,`, `"complete": false, "extra": 1,`, "$.extra", "unknown members are refused when read strictly"},
	} {
		changed := strings.Replace(valid, c.old, c.new, 1)
		assert.Assert(t, changed != valid, c.old)
		assert.ErrorContains(t, schemas.Validate("play", schemas.Strict, []byte(changed)), c.path, c.reason)
	}
}

func TestPlayShowsNoSecretAndNothingHostile(t *testing.T) {
	p := unmet()
	p.Failure = "the target answered " + secretQuery
	for _, f := range formats.ForPlays() {
		for _, verbose := range []bool{false, true} {
			out := writePlay(t, f.Name, p, plaintext.Options{Verbose: verbose})
			assertHarmless(t, out)
			for _, secret := range secretsOfFixture() {
				assert.Assert(t, !strings.Contains(out, secret), "%s shows %q", f.Name, secret)
			}
		}
	}
}

func TestPlayHeadlineSaysWhatBecameOfTheExpectations(t *testing.T) {
	for _, c := range []struct {
		reason   string
		counts   scenarios.Counts
		complete bool
		change   func(*report.Play)
		outcome  report.PlayOutcome
		want     string
	}{
		{"all met", scenarios.Counts{Met: 18}, true, nil, report.PlayMet, "all 18 expectations met"},
		{"one of one", scenarios.Counts{Met: 1}, true, nil, report.PlayMet, "the one expectation met"},
		{"some unmet", scenarios.Counts{Met: 15, Unmet: 2, Inconclusive: 1}, true, nil, report.PlayUnmet, "2 of 18 expectations unmet, 1 inconclusive"},
		{"the only one unmet", scenarios.Counts{Unmet: 1}, true, nil, report.PlayUnmet, "the one expectation unmet"},
		{"some open", scenarios.Counts{Met: 15, Inconclusive: 3}, true, nil, report.PlayInconclusive, "inconclusive: 3 of 18 expectations could not be judged"},
		{"nothing judged", scenarios.Counts{NotJudged: 2}, true, nil, report.PlayInconclusive, "inconclusive: nothing was judged"},
		{"interrupted", scenarios.Counts{Met: 7}, false, func(p *report.Play) { p.Stopped = "interrupted" }, report.PlayInconclusive, "inconclusive: 7 expectations met so far, stopped early: interrupted"},
		{"interrupted, and unmet", scenarios.Counts{Met: 7, Unmet: 1}, false, func(p *report.Play) { p.Stopped = "interrupted" }, report.PlayUnmet, "1 of 8 expectations unmet, stopped early: interrupted"},
		{"the harness failed", scenarios.Counts{Met: 7}, false, func(p *report.Play) { p.Failure = "x" }, report.PlayFailed, "rtkmock failed, inconclusive: 7 expectations met so far"},
	} {
		p := &report.Play{Result: &scenarios.Result{Counts: c.counts, Complete: c.complete}}
		if c.change != nil {
			c.change(p)
		}
		d := report.NewPlay(p, "")
		assert.Equal(t, d.Headline, c.want, c.reason)
		assert.Equal(t, d.Outcome, c.outcome, c.reason)
	}
}

func TestPlayTextIsGreenOnlyWhereAllIsMet(t *testing.T) {
	for _, c := range []struct {
		play *report.Play
		want bool
	}{{allMet(), true}, {unmet(), false}} {
		first, _, _ := strings.Cut(writePlay(t, "text", c.play, plaintext.Options{Color: true}), "\n")
		assert.Equal(t, strings.Contains(first, "32m"), c.want, "%q", first)
	}
}

func TestPlayTextTellsManyAlikeStepsOnceInFull(t *testing.T) {
	p := unmet()
	var many []scenarios.StepResult
	for i := range 40 {
		many = append(many, p.Result.Steps[1])
		many[i].Number = strconv.Itoa(i + 1)
	}
	p.Result.Steps = many
	out := writePlay(t, "text", p, plaintext.Options{})
	assert.Equal(t, strings.Count(out, "  got  "), 1)
	assert.Equal(t, strings.Count(out, "UNMET step 1: "), 1)
	assert.Assert(t, is.Contains(out, "UNMET steps 2, 3, 4 and 36 more: answered 409, attempt 3\n"))
}

func TestPlayHintsAtTheKeyWhereNobodyFetchedIt(t *testing.T) {
	p := unmet()
	ledger := ledger.New(ledger.Options{})
	refused := accepted("1")
	refused.Fate, refused.Attempts[0].Outcome.Status = mocksender.Failed, 401
	ledger.Add(refused)
	of := ledger.Snapshot()
	ledger.Add(accepted("2"))
	const hint = "never fetched the key"
	for _, format := range []string{"text", "html"} {
		p.Ledger, p.KeyFetches = of, 0
		assert.Assert(t, is.Contains(writePlay(t, format, p, plaintext.Options{}), hint))
		p.KeyFetches = 1
		assert.Assert(t, !strings.Contains(writePlay(t, format, p, plaintext.Options{}), hint), "it did")
		p.Ledger, p.KeyFetches = ledger.Snapshot(), 0
		assert.Assert(t, !strings.Contains(writePlay(t, format, p, plaintext.Options{}), hint), "it holds a key")
	}
}

// What the text says beside the account, the page says as well.
func TestThePageOfAPlayHasTheNotesOfItsText(t *testing.T) {
	p := unmet()
	p.Ledger.NotGenuine, p.Ledger.Unseen, p.Result.Withheld, p.Result.Complete = 1, 2, 3, true
	page := writePlay(t, "html", p, plaintext.Options{})
	for _, note := range report.NewPlay(p, "").Notes() {
		assert.Check(t, is.Contains(page, html.EscapeString(note)))
	}
	assert.Equal(t, strings.Count(page, " on purpose."), 1)
}

func TestPlayJSONTellsWhatFaultsHid(t *testing.T) {
	doc := report.NewPlay(unmet(), "")
	attempts := doc.Steps[1].Evidence[0].Attempts
	assert.Equal(t, attempts[0].Fault, "respond 503")
	assert.Assert(t, attempts[0].Unreached)
	assert.Equal(t, attempts[1].TargetStatus, 200)
	assert.Equal(t, attempts[1].Error.Class, mocksender.ClassReset)
	assert.Assert(t, attempts[2].Fault == "" && !attempts[2].Unreached && attempts[2].TargetStatus == 0)
}
