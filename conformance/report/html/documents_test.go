package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
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
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

var start = time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)

// fixture is the report of a run that violates checks in every way there is.
func fixture(t testing.TB) *report.Document {
	t.Helper()
	data, err := os.ReadFile("../testdata/json.golden")
	assert.NilError(t, err)
	d, err := report.Read(bytes.NewReader(data))
	assert.NilError(t, err)
	return d
}

// nested is fixture with violations that follow from others.
func nested(t testing.TB) *report.Document {
	t.Helper()
	d := fixture(t)
	follows := func(id, from conformance.ID, status conformance.Status, because string) {
		for i := range d.Checks {
			if c := &d.Checks[i]; c.ID == id {
				c.Status, c.Reason, c.FollowsFrom = status, "answered 401", []conformance.Cause{{Check: from, Because: because}}
			}
		}
	}
	follows("evt/enums", "sig/raw-bytes", conformance.Fail, "bodies with `/`")
	follows("rsp/burst", "sig/raw-bytes", conformance.Inconclusive, "its bodies were refused")
	follows("rsp/no-redirect", "sig/pss", conformance.Fail, "the same answer")
	return d
}

// refused is the report of a run whose first delivery was refused.
func refused(t testing.TB) *report.Document {
	t.Helper()
	d := fixture(t)
	d.Outcome, d.Headline = conformance.Undecided, "inconclusive, 1 undecided, 15 MUST not judged, stopped early: the control was not accepted"
	d.Complete, d.Stopped = false, "the control was not accepted"
	evidence := d.Checks[1].Evidence
	for i := range d.Checks {
		c := &d.Checks[i]
		c.Status, c.Reason, c.Evidence, c.NotApplicable = conformance.Skip, "not run: the control was not accepted", nil, false
	}
	gate := &d.Checks[0]
	gate.Status, gate.Reason, gate.Evidence = conformance.Inconclusive, "It verifies another scheme", evidence
	gate.Diagnosis = &conformance.Diagnosis{Cause: gate.Reason, Seen: []string{"HMAC-SHA256: answered 200"}, Cure: []string{"verify with RSASSA-PKCS1-v1_5", "give it the key by --key"}}
	return d
}

// unmet is a play that failed in every way there is.
func unmet(t testing.TB) *report.PlayDocument {
	t.Helper()
	data, err := os.ReadFile("../testdata/play-json.golden")
	assert.NilError(t, err)
	var d report.PlayDocument
	assert.NilError(t, json.Unmarshal(data, &d))
	return &d
}

// branded marks what comes from a target in hostile. It must be found in text,
// and nowhere else.
const branded = "tArGeT-pwned"

// wickedness is a number of attempts to be more than text, in every place where
// HTML may stand. Run as a script, each would set window.pwned.
func wickedness() string {
	return strings.Join([]string{
		branded + `"'><script>window.pwned=1</script><img src=x onerror="window.pwned=1">`,
		`</title></style></script></textarea><svg onload=window.pwned=1>`,
		`<a href="javascript:window.pwned=1">x</a><iframe src="https://pwned.example/"></iframe>`,
		`<link rel=stylesheet href=https://pwned.example/x.css><meta http-equiv=refresh content="0;url=https://pwned.example/">`,
		`<style>@import "https://pwned.example/y.css"; body{display:none}</style><base href="https://pwned.example/">`,
		`<form action=https://pwned.example/><input autofocus onfocus=window.pwned=1></form></details></main></body></html>`,
		"{{.Policy}} ${window.pwned=1} `+window.pwned+` <!-- --!> ]]> &#0; &lt;",
		"\x1b[2J\x1b]0;owned\a \u202egnorw\u202c \u2028\u2029\u200d\ufeff \x00\x85 \xff\xfe\xc3\x28 \U000e0041",
	}, "\r\n")
}

// hostile is the report of a target that does all it can.
func hostile() *report.Document {
	d := crowd(40, `{"a":1}`)
	evil := wickedness()
	for i := range d.Checks {
		c := &d.Checks[i]
		c.Status = conformance.Statuses()[i%len(conformance.Statuses())]
		c.Reason = "answered " + evil
		body := evil
		switch i % 4 {
		case 1:
			body = `{"` + branded + `": [` + strings.Repeat(`{"a":"\u0000<script>window.pwned=1</script>"},`, 60) + `null]}`
		case 2:
			body = strings.Repeat(evil, 2000) // 2 MB
		case 3:
			body = strings.Repeat("\x00\xff", 3000) + branded
		}
		e := delivery(body)
		e.Fate, e.UUID, e.Mutations = mocksender.Delivered, evil, nil
		e.Attempts[0].Request.Head = evil
		r := &e.Attempts[0].Response
		r.Truncated = i%2 == 0
		r.Readable = map[string][]string{"Location": {"https://pwned.example/?" + evil}, "Content-Type": {evil}, evil: {evil}, "X-Long": {strings.Repeat("x", 5000)}}
		e.Attempts = append(e.Attempts, report.Attempt{N: 2, Error: report.Error{Class: "other", Message: evil}})
		slices.Reverse(e.Attempts)
		c.Evidence = append([]report.Evidence{e}, c.Evidence...)
	}
	d.Headline = "not conformant, stopped early: " + evil
	d.Complete, d.Stopped = false, evil
	d.Instruments = []conformance.Instrument{{Name: "keys", On: true, Detail: evil}}
	d.Assumptions = []conformance.Assumption{{Name: evil, Value: evil, Flag: "--x"}}
	d.Ledger = busyLedger(300)
	return d
}

// crowd is the report of n failed checks, each with nine exchanges.
func crowd(n int, body string) *report.Document {
	d := &report.Document{Report: conformance.Report{Outcome: conformance.Nonconformant, Headline: "not conformant", Complete: true, Tool: conformance.Tool{Name: report.ToolName, Version: "1.2.3"}}}
	same := slices.Repeat([]report.Evidence{delivery(body)}, 9)
	for i := range n {
		c := report.CheckResult{
			Verdict: conformance.Verdict{
				ID: conformance.ID(fmt.Sprintf("%s/check-%d", []string{"sig", "evt", "dlv"}[i%3], i)), Title: "it holds", Level: conformance.Must,
				Status: conformance.Fail, Reason: "it does not hold", From: []string{"S9"}, Doc: "It matters.", Fix: "Make it hold.",
			},
			Evidence: same,
		}
		d.Checks = append(d.Checks, c)
	}
	return d
}

// delivery is a delivery of body that was answered 500 with the same body.
func delivery(body string) report.Evidence {
	content := report.Body{Size: len(body), Text: &body}
	if !utf8.ValidString(body) {
		content = report.Body{Size: len(body), Base64: []byte(body)}
	}
	fields := report.Header{Readable: map[string][]string{"Content-Type": {"application/json"}, "rtk-uuid": {"1"}, "User-Agent": {mocksender.DefaultUserAgent}}}
	return report.Evidence{
		URL: "http://h/", Event: rtk.MeetingStarted, UUID: "1", Fate: mocksender.Exhausted,
		Curl: report.Command{"curl", "--data-binary '" + printable.Line(body) + "'"},
		Attempts: []report.Attempt{{
			N: 1, At: start,
			Request:  report.Request{Method: "POST", Header: fields, Body: content},
			Response: report.Response{Status: 500, Header: fields, Body: content},
		}},
	}
}

// busyLedger is an account of n deliveries of every fate, over a minute.
func busyLedger(n int) ledger.Report {
	sums := ledger.New(ledger.Options{})
	began := map[string]time.Time{}
	types := append(rtk.EventTypes(), "meeting.somethingNew")
	for i := range n {
		at := start.Add(time.Duration(i) * time.Minute / time.Duration(n))
		r := mocksender.Receipt{Fate: mocksender.Delivered, Delivery: mocksender.Delivery{
			UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Event: rtk.Event{Type: types[i%len(types)]},
		}}
		statuses := []int{200}
		switch i % 17 {
		case 3:
			statuses = []int{503, 503, 200}
		case 6:
			r.Fate, statuses = mocksender.Failed, []int{404}
		case 9:
			r.Fate, statuses = mocksender.Exhausted, []int{500, 502, 503, 500}
		case 12:
			r.Fate, statuses = mocksender.NotTried, nil
		case 15:
			r.Fate, statuses = mocksender.Abandoned, []int{503}
		}
		for k, status := range statuses {
			r.Attempts = append(r.Attempts, mocksender.Attempt{
				N: k + 1, At: at.Add(time.Duration(k*k) * 700 * time.Millisecond), Reached: true,
				Outcome: mocksender.Outcome{Status: status, Took: 4 * time.Millisecond},
			})
		}
		began[r.Delivery.UUID] = at
		sums.Add(r)
	}
	out := sums.Snapshot()
	for _, entries := range [][]ledger.Entry{out.Timeline.Entries, out.Worst} {
		for i := range entries {
			entries[i].Time = began[entries[i].UUID] // those never tried have the present time
		}
	}
	slices.SortStableFunc(out.Timeline.Entries, func(a, b ledger.Entry) int { return a.Time.Compare(b.Time) })
	return out
}
