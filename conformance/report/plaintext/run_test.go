package plaintext

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// fixture is the report of a run that violates checks in every way there is.
func fixture(t testing.TB) *report.Document {
	t.Helper()
	data, err := os.ReadFile("../testdata/json.golden")
	assert.NilError(t, err)
	d, err := report.Read(bytes.NewReader(data))
	assert.NilError(t, err)
	return d
}

// Only a URL, and the words of a command line, may be wider than the page.
func TestTextKeepsItsWidth(t *testing.T) {
	for _, c := range []struct {
		given, want int
		reason      string
	}{
		{0, DefaultWidth, "the default"}, {60, 60, "narrow"}, {100, 100, "wide"}, {1, MinWidth, "no narrower than this"}, {-5, MinWidth, "nonsense"},
	} {
		wide := 0
		for line := range strings.Lines(Run(fixture(t), Options{Width: c.given})) {
			line = strings.TrimSuffix(line, "\n")
			width := Columns(line)
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
	assert.Assert(t, !strings.Contains(Run(fixture(t), Options{}), "\x1b"))
	assert.Assert(t, strings.Contains(Run(fixture(t), Options{Color: true}), "\x1b["))
}

const green = "\x1b[32m"

func TestTextShowsNothingGreenThatDoesNotHold(t *testing.T) {
	d := fixture(t)
	d.Instruments = nil
	for line := range strings.Lines(Run(d, Options{Color: true})) {
		if strings.Contains(line, green) {
			assert.Assert(t, strings.HasPrefix(line, "\x1b[1mctl") || strings.HasPrefix(line, "\x1b[1mrsp"), "%q", line)
		}
	}
	for _, status := range conformance.Statuses() {
		p := writer{color: true}
		painted := p.paint("x", tint(status)...)
		assert.Equal(t, strings.Contains(painted, "32"), status == conformance.Pass, string(status))
	}
}

func TestTextHeadlineIsGreenOnlyWhereEverythingWasJudged(t *testing.T) {
	for _, c := range []struct {
		document report.Document
		want     bool
		reason   string
	}{
		{report.Document{Report: conformance.Report{Outcome: conformance.Conformant}}, true, "conformant, and nothing is open"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Conformant, Summary: conformance.Summary{MustNotJudged: 1}}}, false, "conformant, but a MUST was not judged"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Conformant, Summary: conformance.Summary{Known: 1}}}, false, "conformant, with a known violation"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Undecided}}, false, "inconclusive"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Nonconformant}}, false, "not conformant"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Broken}}, false, "the harness failed"},
	} {
		headline, _, _ := strings.Cut(Run(&c.document, Options{Color: true}), "\n")
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
	out := Run(fixture(t), Options{})
	order(t, out, "not conformant", "\nsig  2 fail", "FAIL sig/other-key", "FAIL sig/raw-bytes", "INCONCLUSIVE sig/truncated",
		"WARN sig/rejects-with-4xx", "SKIP sig/effect-before-verify", "NOTE sig/no-leak",
		"\nevt  1 pass, 1 not applicable", "\nkey  2 skip: no --restart-cmd", "\nctl  1 pass", "\nrsp  2 pass", "\ninstruments",
		"\nnot conformant", "  FAIL   sig/other-key, sig/raw-bytes\n", "  INCONCLUSIVE  sig/truncated\n", "  WARN   sig/rejects-with-4xx, sig/pss\n")
	assert.Assert(t, !strings.Contains(out, "PASS sig"), "what holds is only counted")
}

func TestTextOfAFailureHasAllThereIsToSay(t *testing.T) {
	order(t, Run(fixture(t), Options{}), "FAIL sig/other-key (MUST, S9)",
		"  want   a delivery signed by another key is rejected",
		"  found  a signature by another key was answered 200",
		`  guide  S9: "Verify the signature before processing the event."`,
		"  sent   meeting.participantJoined, changed by signature/other-key, 187 bytes,",
		"         The signature is made by a key",
		"  got    200 OK in 3.1ms",
		`  body   \x1b[2J`,
		"  also   meeting.participantJoined, genuine", "503, then 204 No Content in 12ms,",
		"  why    A well-formed", "  fix    Verify with")
}

func TestTextHasCurlLinesWhereTheyAreAskedFor(t *testing.T) {
	d := fixture(t)
	for _, c := range []struct {
		options Options
		lines   int
		more    string
		reason  string
	}{
		{Options{}, 0, "  more   all evidence, with curl lines: --verbose, or the HTML or JSON report\n", "nobody says how it is called"},
		{Options{Files: []string{"a.html", "b.json"}, Again: []string{"rtkmock"}}, 0, "  more   all evidence, with curl lines: a.html, b.json\n", "they are in a file"},
		{Options{Again: []string{"rtkmock", "test", "--only", "sig/a"}}, 0, "  more   rtkmock test --only sig/a\n         shows all evidence, with curl lines; --report html=FILE keeps it\n", "another call"},
		{Options{Verbose: true, Again: []string{"rtkmock"}}, 10, "", "all is there"},
	} {
		out := Run(d, c.options)
		assert.Equal(t, strings.Count(out, "curl -sS"), c.lines, c.reason)
		assert.Equal(t, strings.Contains(out, "\n  more "), c.more != "", c.reason)
		assert.Assert(t, strings.HasSuffix(out, c.more), "%s: %s", c.reason, out)
	}
	i := slices.IndexFunc(d.Checks, func(c report.CheckResult) bool { return c.ID == "sig/other-key" })
	order(t, Check(&d.Checks[i], Options{}), "  again  printf", "curl -sS")
}

func TestTextVerboseListsWhatHoldsAndAllEvidence(t *testing.T) {
	out := Run(fixture(t), Options{Verbose: true})
	order(t, out, "PASS sig/tampered-byte (MUST)", "a body changed after signing is rejected", "PASS sig/evt", "one was accepted late")
	assert.Equal(t, strings.Count(out, "curl -sS"), 2+1+1+6)
	assert.Equal(t, strings.Count(out, "  also "), 0)
	assert.Assert(t, strings.Contains(out, "meeting.started: of 5: 5 accepted"))
}

// The report breaks a command line; a shell must not notice.
func TestCommandLinesCanBeCopied(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no POSIX shell here")
	}
	run := func(line string) string {
		// In place of curl stands what prints its arguments and its input.
		out, err := exec.Command(shell, "-c", `curl() { printf '%s\000' "$@"; cat; }`+"\n"+line).Output()
		assert.NilError(t, err, line)
		return string(out)
	}
	i := slices.IndexFunc(fixture(t).Checks, func(c report.CheckResult) bool { return c.ID == "sig/raw-bytes" })
	cmd := fixture(t).Checks[i].Evidence[0].Curl
	for _, width := range []int{40, 60, 100, 1000} {
		p := &writer{width: width}
		p.command("again", cmd)
		_, shown, _ := strings.Cut(p.String(), "again")
		assert.Equal(t, run(shown), run(cmd.String()))
	}
}

// FuzzHostile puts arbitrary bytes into every place that a target can fill.
func FuzzHostile(f *testing.F) {
	for _, play := range []bool{false, true} {
		for _, verbose := range []bool{false, true} {
			f.Add("\x1b[2J\x1b[1;32mPASS\x1b[0m \u202e\u009b31m\r\n\xff\x00", "text/html\x00\u202e", "reason \x1b[0m", uint8(60), play, verbose)
			f.Add("{\"ok\":true}", "", "", uint8(0), play, verbose)
			f.Add("\xed\xa0\x80\xef\xbf\xbe\xf4\x90\x80\x80\u0085\u2028\ufeff", "]]>", "`", uint8(200), play, verbose)
			f.Add(strings.Repeat("e\u0301\u0489", 300), "a\r\nb", "-\n-", uint8(40), play, verbose)
		}
	}
	f.Fuzz(func(t *testing.T, body, field, reason string, width uint8, play, verbose bool) {
		content := report.Body{Size: len(body), Base64: []byte(body)}
		e := report.Evidence{
			UUID: field, Mutations: []report.Mutation{{ID: field, Doc: field}}, CurlNote: printable.Line(reason),
			Attempts: []report.Attempt{
				{Error: report.Error{Class: mocksender.Class(field), Message: reason}},
				{Request: report.Request{Body: content}, Response: report.Response{Status: 302, Body: content, Header: report.Header{Readable: map[string][]string{"Location": {field}}}}},
			},
		}
		d := &report.Document{
			Report: conformance.Report{Headline: reason, Stopped: reason, Ledger: ledger.Report{Account: ledger.Account{Emitted: 1, Exhausted: 1, ExhaustedBy: map[string]int{field: 1}}}},
			Checks: []report.CheckResult{{Verdict: conformance.Verdict{ID: conformance.ID(field), Title: field, Status: conformance.Fail, Reason: reason, Doc: reason, Fix: field}, Evidence: []report.Evidence{e, e}}},
		}
		p := &report.PlayDocument{
			Headline: reason, Failure: field,
			Steps:  []report.Step{{Number: field, Do: reason, Status: "unmet", Reason: reason, Note: field, Evidence: d.Checks[0].Evidence}},
			Health: []report.HealthChange{{State: mocksender.HealthState(field), Event: "x", UUID: field, MeetingTime: time.Unix(0, 0)}},
		}
		o := Options{Width: int(width), Verbose: verbose}
		if play {
			assertHarmless(t, Play(p, o))
		} else {
			assertHarmless(t, Run(d, o))
		}
	})
}

// assertHarmless fails on anything that could steer a terminal or hide text.
func assertHarmless(t testing.TB, text string) {
	t.Helper()
	assert.Assert(t, utf8.ValidString(text), "not UTF-8")
	for i, r := range text {
		if r != '\n' && !printable.Visible(r) {
			t.Fatalf("%U at %d: %q", r, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
}
