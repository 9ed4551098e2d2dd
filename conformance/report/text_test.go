package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/text"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Only a URL, and the words of a command line, may be wider than the page.
func TestTextKeepsItsWidth(t *testing.T) {
	for _, c := range []struct {
		given, want int
		reason      string
	}{
		{0, DefaultWidth, "the default"}, {60, 60, "narrow"}, {100, 100, "wide"}, {1, MinWidth, "no narrower than this"}, {-5, MinWidth, "nonsense"},
	} {
		wide := 0
		for line := range strings.Lines(write(t, "text", fixture(), Options{Width: c.given})) {
			line = strings.TrimSuffix(line, "\n")
			width := text.Columns(line)
			wide = max(wide, width)
			if width <= c.want || strings.HasSuffix(line, `\`) || strings.Contains(line, "://") || strings.Contains(line, "-H '") {
				continue
			}
			t.Errorf("%s: %d columns of %d: %s", c.reason, width, c.want, line)
		}
		assert.Assert(t, wide > c.want/2, c.reason)
	}
}

func TestTextIsColouredOnlyWhereAsked(t *testing.T) {
	t.Setenv("NO_COLOR", "1") // the caller decides, who has looked at it
	plain := write(t, "text", fixture(), Options{})
	assert.Assert(t, !strings.Contains(plain, "\x1b"))
	assert.Assert(t, strings.Contains(write(t, "text", fixture(), Options{Color: true}), "\x1b["))
}

const green = "\x1b[32m"

func TestTextShowsNothingGreenThatDoesNotHold(t *testing.T) {
	r := fixture()
	r.Instruments = nil
	for line := range strings.Lines(write(t, "text", r, Options{Color: true})) {
		if strings.Contains(line, green) {
			assert.Assert(t, strings.HasPrefix(line, "\x1b[1mctl") || strings.HasPrefix(line, "\x1b[1mrsp"), "%q", line)
		}
	}
	for _, status := range conformance.Statuses() {
		p := page{color: true}
		painted := p.paint("x", tint(status)...)
		assert.Equal(t, strings.Contains(painted, "32"), status == conformance.Pass, string(status))
	}
}

func TestTextHeadlineIsGreenOnlyWhereEverythingWasJudged(t *testing.T) {
	all := good()
	all.Verdicts = all.Verdicts[:1]
	for _, c := range []struct {
		report *conformance.Report
		want   bool
		reason string
	}{
		{all, true, "conformant, and nothing is open"},
		{good(), false, "conformant, but a MUST was not judged"},
		{stopped(), false, "inconclusive"},
		{fixture(), false, "not conformant"},
		{&conformance.Report{Outcome: conformance.Broken}, false, "the harness failed"},
	} {
		headline, _, _ := strings.Cut(write(t, "text", c.report, Options{Color: true}), "\n")
		assert.Equal(t, strings.Contains(headline, "32m"), c.want, c.reason)
	}
}

func order(t *testing.T, text string, parts ...string) {
	t.Helper()
	at := 0
	for _, part := range parts {
		i := strings.Index(text[at:], part)
		assert.Assert(t, i >= 0, "%q does not come after the part before it in\n%s", part, text)
		at += i
	}
}

func TestTextPutsTheWorstFirst(t *testing.T) {
	out := write(t, "text", fixture(), Options{})
	order(t, out, "not conformant", "\nsig  2 fail", "FAIL sig/other-key", "FAIL sig/raw-bytes", "INCONCLUSIVE sig/truncated",
		"WARN sig/rejects-with-4xx", "SKIP sig/effect-before-verify", "NOTE sig/no-leak",
		"\nevt  1 skip, 1 pass", "\nkey  2 skip: no --restart-cmd", "\nctl  1 pass", "\nrsp  2 pass", "\ninstruments")
	assert.Assert(t, !strings.Contains(out, "PASS sig"), "what holds is only counted")
}

func TestTextOfAFailureHasAllThereIsToSay(t *testing.T) {
	order(t, write(t, "text", fixture(), Options{}), "FAIL sig/other-key (MUST, S9)",
		"  want   a delivery signed by another key is rejected",
		"  found  a signature by another key was answered 200",
		`  guide  S9: "Verify the signature before processing the event."`,
		"  sent   meeting.participantJoined, changed by signature/other-key, 187 bytes,",
		"         The signature is made by a key",
		"  got    200 OK in 3.1ms",
		`  body   \x1b[2J`,
		"  again  printf", "curl -sS",
		"  also   meeting.participantJoined, genuine", "503, then 204 No Content in 12ms,",
		"  why    A well-formed", "  mend   Verify with")
}

func TestTextVerboseListsWhatHoldsAndAllEvidence(t *testing.T) {
	out := write(t, "text", fixture(), Options{Verbose: true})
	order(t, out, "PASS sig/tampered-byte (MUST)", "a body changed after signing is rejected", "PASS sig/evt", "one was accepted late")
	assert.Equal(t, strings.Count(out, "curl -sS"), 2+1+1+6)
	assert.Equal(t, strings.Count(out, "  also "), 0)
	assert.Assert(t, strings.Contains(out, "meeting.started: of 5: 5 accepted"))
}

func TestGotSaysHowEveryAttemptEnded(t *testing.T) {
	v, err := newView(&conformance.Report{}, Options{})
	assert.NilError(t, err)
	outcome := func(status int) mocksender.Outcome { return mocksender.Outcome{Status: status, Took: time.Millisecond} }
	cut := mocksender.Outcome{Class: mocksender.ClassReset, Err: &mocksender.NetError{Msg: "h:1 cut the connection"}, Took: 20 * time.Millisecond}
	for _, c := range []struct {
		outcomes []mocksender.Outcome
		fate     mocksender.Fate
		want     string
		reason   string
	}{
		{nil, mocksender.Abandoned, "nothing: the run ended first", "no attempt"},
		{[]mocksender.Outcome{outcome(204)}, mocksender.Delivered, "204 No Content in 1ms, without a body", "one"},
		{[]mocksender.Outcome{outcome(799)}, mocksender.Exhausted, "799 in 1ms, without a body", "a status without a name"},
		{[]mocksender.Outcome{outcome(503), cut}, mocksender.Exhausted, "503, then reset after 20ms: h:1 cut the connection", "an error at last"},
		{[]mocksender.Outcome{cut, outcome(500)}, mocksender.Abandoned, "reset, then 500 Internal Server Error in 1ms, without a body; the run ended before another attempt", "given up between"},
		{[]mocksender.Outcome{{}}, mocksender.Abandoned, "nothing after <1ms; the run ended before another attempt", "neither status nor error"},
		{[]mocksender.Outcome{{Status: 200, Truncated: true}}, mocksender.Delivered, "200 OK in <1ms, its body never came", "a header alone"},
	} {
		r := receipt("", request("", nil), nil, c.outcomes...)
		r.Fate = c.fate
		assert.Equal(t, v.got(r), c.want, c.reason)
	}
}

func TestFirstLineIsShortAndShowsWhatItIs(t *testing.T) {
	long := strings.Repeat("é", maxSnippet)
	for _, c := range []struct {
		body, want string
		more       bool
	}{
		{"", "", false},
		{"  \r\n\t ", "", false},
		{"\n\n ok \n", "ok", false},
		{"one\ntwo", "one", true},
		{"one\rtwo", "one", true},
		{long, long, false},
		{long + "é", long[:len(long)-2] + "…", true},
		{"\x1b[31mred\x1b[0m\u202e\u2066\ufeff", `\x1b[31mred\x1b[0m\u202e\u2066\ufeff`, false},
		{"\x00\x7f\x80\u0080\U000e0041", `\x00\x7f\x80\u0080\U000e0041`, false},
		{strings.Repeat(" ", 5000) + "late", "", true},
	} {
		got, more := firstLine([]byte(c.body))
		assert.Equal(t, got, c.want)
		assert.Equal(t, more, c.more, c.want)
	}
}

func TestEvidenceIsShownOnce(t *testing.T) {
	twice := accepted("a")
	twice.Attempts = slices.Clone(twice.Attempts)
	twice.Attempts[0].At = twice.Attempts[0].At.Add(time.Second)
	never := mocksender.Receipt{}
	got := evidence(conformance.Verdict{Evidence: []mocksender.Receipt{accepted("a"), accepted("b"), accepted("a"), twice, never, never}})
	assert.Equal(t, len(got), 5, "a twin named twice is one delivery; an id sent twice is two, and so is what was never sent")
}

func TestWeightSaysWhatADemandRestsOn(t *testing.T) {
	for _, c := range []struct {
		check conformance.Check
		want  string
	}{
		{conformance.Check{Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"}}, "MUST, S9"},
		{conformance.Check{Level: conformance.Gate, Basis: conformance.Documented, From: []string{"S3", "S6", "S9"}}, "gate, S3, S6 and S9"},
		{conformance.Check{Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S14"}}, "SHOULD, inferred from S13 and S14"},
		{conformance.Check{Level: conformance.May, Basis: conformance.Practice}, "MAY, practice"},
		{conformance.Check{}, "MAY"},
	} {
		assert.Equal(t, weight(&c.check), c.want)
	}
}

func TestLedgerNamesEveryFate(t *testing.T) {
	for _, c := range []struct {
		account ledger.Account
		want    string
	}{
		{ledger.Account{}, "0 accepted at once"},
		{
			ledger.Account{Accepted: 1, AcceptedLate: 2, Lost: 4, Exhausted: 5, NotTried: 7, Abandoned: 6},
			"1 accepted at once; 2 accepted late; 4 lost for good; 5 exhausted; 7 never tried, since attempts were reduced; 6 not finished",
		},
		{
			ledger.Account{
				AcceptedLate: 2, AcceptedAfter: map[int]int{1: 2}, Lost: 4, LostBy: map[int]int{404: 4},
				Exhausted: 5, ExhaustedBy: map[string]int{"500": 5},
			},
			"0 accepted at once; 2 accepted after 1 retry; 4 lost for good with 404; 5 exhausted with 500",
		},
		{
			ledger.Account{
				AcceptedLate: 3, AcceptedAfter: map[int]int{1: 2, 3: 1}, Lost: 4, LostBy: map[int]int{404: 3, 302: 1},
				Exhausted: 5, ExhaustedBy: map[string]int{"timeout": 1, "500": 4},
			},
			"0 accepted at once; 3 accepted late (2 after 1 retry, 1 after 3 retries); 4 lost for good (1 with 302, 3 with 404); " +
				"5 exhausted (4 with 500, 1 with timeout)",
		},
	} {
		assert.Equal(t, accountLine(c.account), c.want)
	}
	events := eventsOf(ledger.Report{ByEvent: map[rtk.EventType]ledger.Account{"z": {}, "a": {}, rtk.MeetingEnded: {}, rtk.MeetingStarted: {}}})
	assert.DeepEqual(t, events, []rtk.EventType{rtk.MeetingStarted, rtk.MeetingEnded, "a", "z"})
}
