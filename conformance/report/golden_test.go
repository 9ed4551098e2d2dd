package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// write writes r in one format.
func write(t testing.TB, format string, r *conformance.Report, o plaintext.Options) string {
	t.Helper()
	f, err := formats.Lookup(format)
	assert.NilError(t, err)
	var b bytes.Buffer
	assert.NilError(t, f.Write(&b, document(t, r), o))
	return b.String()
}

// good is a run in which everything that could be judged holds. Not all could.
func good() *conformance.Report {
	r := fixture()
	r.Outcome, r.Headline = conformance.Conformant, "conformant, 1 MUST not judged"
	r.Target.Embedded, r.Target.URL = true, "http://127.0.0.1:40001/webhook"
	r.Target.Events = r.Target.Events[:2]
	r.Target.MeetingID = "11111111-2222-4333-8444-555555555555"
	var kept []conformance.Verdict
	for _, v := range r.Verdicts {
		if v.Status == conformance.Pass || v.Status == conformance.Skip {
			kept = append(kept, v)
		}
	}
	r.Verdicts = kept
	ledger := ledger.New(ledger.Options{Timeline: -1})
	for range 3 {
		ledger.Add(mocksender.Receipt{Fate: mocksender.Delivered, Attempts: make([]mocksender.Attempt, 1)})
	}
	r.Ledger = ledger.Snapshot()
	return r
}

// stopped is a run that ended at its gate.
func stopped() *conformance.Report {
	r := fixture()
	r.Outcome, r.Complete, r.Stopped = conformance.Undecided, false, "the control was not accepted"
	r.Headline = "inconclusive, 1 inconclusive, stopped early: the control was not accepted"
	r.Took, r.Waited = ledger.Millis(15*time.Second), 0
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		v.Status, v.Reason = conformance.Skip, "not run: the control was not accepted"
		v.NotApplicable, v.Took, v.Receipts = false, 0, nil
	}
	gate := &r.Verdicts[0]
	gate.Status, gate.Receipts = conformance.Inconclusive, silentOnly()
	gate.Reason = "Nothing came back within 15s, signed or not; the first genuine delivery (meeting.started): no answer within 15s"
	gate.Diagnosis = &conformance.Diagnosis{
		Cause: "Nothing came back within 15s, signed or not",
		Seen:  []string{"the same without a signature: no answer within 500ms", "the key was never fetched"},
		Cure:  []string{"see what the receiver waits for: a database, a debugger", "give it more time with --warm-up"},
	}
	r.Ledger = ledger.New(ledger.Options{}).Snapshot()
	return r
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name, format string
		report       *conformance.Report
		options      plaintext.Options
		reason       string
	}{
		{"text", "text", fixture(), plaintext.Options{}, "what a person sees: 80 columns, no colour"},
		{"text-60-color", "text", fixture(), plaintext.Options{Width: 60, Color: true}, "a narrow terminal"},
		{"text-100-verbose", "text", fixture(), plaintext.Options{Width: 100, Verbose: true}, "a wide one, with everything"},
		{"text-good", "text", good(), plaintext.Options{}, "nothing is violated, so there is little to say"},
		{"text-stopped", "text", stopped(), plaintext.Options{}, "nothing ran behind the gate"},
		{"json", "json", fixture(), plaintext.Options{}, "what programs read"},
		{"junit", "junit", fixture(), plaintext.Options{}, "what build servers read"},
		{"markdown", "markdown", fixture(), plaintext.Options{}, "what a pull request shows"},
		{"tap", "tap", fixture(), plaintext.Options{}, "what test harnesses read"},
		{"github", "github", fixture(), plaintext.Options{}, "what GitHub Actions reads"},
		{"badge", "badge", fixture(), plaintext.Options{}, "what a badge reads"},
		{"markdown-good", "markdown", good(), plaintext.Options{}, "skips are there though all is well"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.reason)
			golden.Assert(t, write(t, c.format, c.report, c.options), c.name+".golden")
		})
	}
}

func TestWritingIsDeterministicAndLeavesTheReportAlone(t *testing.T) {
	for _, f := range formats.All() {
		r := fixture()
		first := write(t, f.Name, r, plaintext.Options{})
		for range 5 {
			assert.Equal(t, write(t, f.Name, r, plaintext.Options{}), first, f.Name)
		}
		assert.Equal(t, write(t, f.Name, fixture(), plaintext.Options{}), first, f.Name)
		for i, v := range fixtureVerdicts() {
			assert.Equal(t, r.Verdicts[i].ID, v.ID, "%s changed the order of the verdicts", f.Name)
		}
	}
}

// What a person reads of the page, without the looks of it.
func TestPageText(t *testing.T) {
	for name, r := range map[string]*conformance.Report{"html": fixture(), "html-good": good()} {
		golden.Assert(t, pageText(t, write(t, "html", r, plaintext.Options{})), name+".golden")
	}
}

func pageText(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	assert.NilError(t, err)
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.ReplaceAll(n.Data, "\n", " "))
		case n.Data == "script" || n.Data == "style":
			return
		case n.Data == "td" || n.Data == "footer" || n.Data == "span":
			b.WriteString(" ")
		case strings.Contains(" title h1 h2 h3 h4 h5 h6 p div dt dd li tr summary pre text blockquote ", " "+n.Data+" "):
			b.WriteString("\n" + n.Data + "\t")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	var out []string
	for line := range strings.Lines(b.String()) {
		name, text, _ := strings.Cut(line, "\t")
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			out = append(out, name+": "+text)
		}
	}
	return strings.Join(out, "\n") + "\n"
}
