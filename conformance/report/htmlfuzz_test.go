package report

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// FuzzPage feeds arbitrary bytes through every place that a target can fill.
func FuzzPage(f *testing.F) {
	f.Add([]byte(wickedness()), wickedness(), "reason # TODO ::error::x")
	f.Add([]byte(`{"a":[1,"\u0000"]}`), "text/html", "")
	f.Add([]byte("\xed\xa0\x80\xef\xbf\xbe\xf4\x90\x80\x80\u0085\u2028\ufeff"), "]]>", "...\n---\r\n\x00")
	f.Fuzz(func(t *testing.T, body []byte, field, reason string) {
		r := fixture()
		v := &r.Verdicts[1]
		v.Reason = reason
		evil := receipt(string(body), request(string(body), map[string][]string{"X-Odd": {field}}),
			[]mutation.Mutation{{ID: field, Doc: field}},
			mocksender.Outcome{Err: &mocksender.NetError{Class: "other", Msg: reason}, Class: mocksender.Class(field)},
			mocksender.Outcome{Status: 200, Body: body, Header: map[string][]string{"Location": {field}, field: {reason}}})
		evil.Attempts[1].Request.Head = body
		v.Evidence = []mocksender.Receipt{evil}
		r.Headline, r.Stopped, r.Complete = reason, field, false
		r.Ledger.Timeline.Entries = append(r.Ledger.Timeline.Entries, ledger.Entry{
			Time: fixtureStart, Event: rtk.EventType(field), UUID: field, Fate: mocksender.Fate(field),
			Attempts: []ledger.EntryAttempt{{Class: mocksender.Class(field), Fault: reason}},
		})
		r.Ledger.Worst = r.Ledger.Timeline.Entries

		page := write(t, "html", r, Options{})
		assertHarmless(t, page)
		for _, e := range assertPage(t, page) {
			for key, value := range e.attributes {
				if len(reason) > 12 && strings.Contains(value, reason) {
					t.Fatalf("%s=%q holds the reason", key, value)
				}
			}
		}
		tap := write(t, "tap", r, Options{})
		assertHarmless(t, tap)
		assert.Equal(t, len(readTAP(t, tap)), len(r.Verdicts))
		commands := write(t, "github", r, Options{})
		assertHarmless(t, commands)
		assert.Equal(t, len(readGitHub(t, commands)), 8)
		assertHarmless(t, write(t, "badge", r, Options{}))
	})
}
