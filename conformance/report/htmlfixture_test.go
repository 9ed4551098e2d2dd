package report

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// branded marks what comes from a target in hostileReport. It must be found in
// text, and nowhere else.
const branded = "tArGeT-pwned"

// wickedness is a number of attempts to be more than text, in every place where HTML may
// stand. Run as a script, each would set window.pwned.
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

// hostileReport is what a target makes of a report that does all it can.
func hostileReport() *conformance.Report {
	r := crowd(40, joinedBody)
	evil := wickedness()
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		v.Status = conformance.Statuses()[i%len(conformance.Statuses())]
		v.Reason = "answered " + evil
		body := []byte(evil)
		switch i % 4 {
		case 1:
			body = []byte(`{"` + branded + `": [` + strings.Repeat(`{"a":"\u0000<script>window.pwned=1</script>"},`, 60) + `null]}`)
		case 2:
			body = []byte(strings.Repeat(evil, 2000)) // 2 MB
		case 3:
			body = []byte(strings.Repeat("\x00\xff", 3000) + branded)
		}
		v.Evidence = append(v.Evidence, receipt(evil, request(evil, http.Header{"X-Odd": {evil}}), nil,
			mocksender.Outcome{Err: &mocksender.NetError{Class: "other", Msg: evil}, Class: "other", Took: time.Second},
			mocksender.Outcome{
				Status: 200, Took: time.Millisecond, Body: body, Truncated: i%2 == 0,
				Header: http.Header{"Location": {"https://pwned.example/?" + evil}, "Content-Type": {evil}, evil: {evil}, "X-Long": {strings.Repeat("x", 5000)}},
			}))
		slices.Reverse(v.Evidence)
	}
	r.Headline = "not conformant, stopped early: " + evil
	r.Complete, r.Stopped = false, evil
	r.Instruments = append(r.Instruments, conformance.Instrument{Name: "keys", On: true, Detail: evil})
	r.Assumptions = append(r.Assumptions, conformance.Assumption{Name: evil, Value: evil, Flag: "--x"})
	r.Ledger = busyLedger(300)
	return r
}

// crowd is a report of n failed checks, each with nine exchanges.
func crowd(n int, body string) *conformance.Report {
	r := fixture()
	r.Verdicts = nil
	for i := range n {
		v := conformance.Verdict{
			Check:  &conformance.Check{ID: conformance.ID(fmt.Sprintf("%s/check-%d", []string{"sig", "evt", "dlv"}[i%3], i)), Title: "it holds", Level: conformance.Must, From: []string{"S9"}, Doc: "It matters.", Fix: "Mend it."},
			Status: conformance.Fail, Reason: "it does not hold", Took: time.Millisecond,
		}
		for k := range 9 {
			q := request(body, http.Header{"rtk-uuid": {fmt.Sprintf("%d-%d", i, k)}})
			v.Evidence = append(v.Evidence, receipt(body, q, nil, mocksender.Outcome{Status: 500, Body: []byte(body), Took: time.Millisecond}))
		}
		r.Verdicts = append(r.Verdicts, v)
	}
	return r
}

// busyLedger is an account of n deliveries of every fate, over a minute.
func busyLedger(n int) ledger.Report {
	sums := ledger.New(ledger.Options{})
	began := map[string]time.Time{}
	types := append(rtk.EventTypes(), "meeting.somethingNew")
	for i := range n {
		at := fixtureStart.Add(time.Duration(i) * time.Minute / time.Duration(n))
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
