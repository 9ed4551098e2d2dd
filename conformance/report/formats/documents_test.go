package formats

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
)

// hostile is what a target may answer to make a report say something else.
const hostile = "\x1b[2J\x1b[1;32mPASS all is well\x1b[0m \u202egnorw si gnihton\u202c \u009b31m " +
	"]]><failure/> </details><script>alert(1)</script> | `code` ``` **bold** [link](javascript:1) @octocat #1 &amp; \xff\x00\r\nsecond line"

// fixture is the report of a run that violates checks in every way there is.
func fixture(t testing.TB) *report.Document {
	t.Helper()
	data, err := os.ReadFile("../testdata/json.golden")
	assert.NilError(t, err)
	d, err := report.Read(bytes.NewReader(data))
	assert.NilError(t, err)
	return d
}

// good is what is left of it without violations.
func good(t testing.TB) *report.Document {
	t.Helper()
	d := fixture(t)
	d.Checks = slices.DeleteFunc(d.Checks, func(c report.CheckResult) bool {
		return c.Status != conformance.Pass && c.Status != conformance.Skip
	})
	d.Outcome, d.Headline = conformance.Conformant, "conformant, 1 MUST not judged"
	return summed(d)
}

// summed counts the checks of d.
func summed(d *report.Document) *report.Document {
	d.Summary = conformance.Summary{Checks: len(d.Checks), MustNotJudged: len(d.NotJudged())}
	for _, c := range d.Checks {
		if c.Known != nil {
			d.Summary.Known++
		}
	}
	return d
}

// crowd is the report of n failed checks, each with one delivery of body.
func crowd(n int, body string) *report.Document {
	d := &report.Document{Report: conformance.Report{Outcome: conformance.Nonconformant, Headline: "not conformant"}}
	for i := range n {
		d.Checks = append(d.Checks, report.CheckResult{
			Verdict: conformance.Verdict{
				ID: conformance.ID(fmt.Sprintf("%s/check-%d", []string{"sig", "evt", "dlv"}[i%3], i)), Title: "it holds", Level: conformance.Must,
				Status: conformance.Fail, Reason: "it does not hold", From: []string{"S9"}, Doc: "It matters.", Fix: "Make it hold.",
			},
			Evidence: []report.Evidence{delivery(body)},
		})
	}
	return summed(d)
}

// delivery is a delivery of body that was answered 500 with the same body.
func delivery(body string) report.Evidence {
	content := report.Body{Size: len(body), Text: &body}
	if !utf8.ValidString(body) {
		content = report.Body{Size: len(body), Base64: []byte(body)}
	}
	return report.Evidence{
		URL: "http://h/", Event: "meeting.started", Mutations: []report.Mutation{{ID: "m/x", Doc: "It is changed."}}, Fate: mocksender.Exhausted,
		Curl: report.Command{"curl", "--data-binary '" + printable.Line(body) + "'"},
		Attempts: []report.Attempt{{
			N: 1, At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC),
			Request:  report.Request{Method: "POST", Body: content},
			Response: report.Response{Status: 500, Body: content},
		}},
	}
}

func render(t testing.TB, format string, d *report.Document) string {
	t.Helper()
	f, err := Lookup(format)
	assert.NilError(t, err)
	var b bytes.Buffer
	assert.NilError(t, f.Write(&b, d, plaintext.Options{}))
	return b.String()
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
