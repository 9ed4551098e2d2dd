package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
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
			Check:  &conformance.Check{ID: conformance.ID(fmt.Sprintf("%s/check-%d", []string{"sig", "evt", "dlv"}[i%3], i)), Title: "it holds", Level: conformance.Must, From: []string{"S9"}, Doc: "It matters.", Mend: "Mend it."},
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
func busyLedger(n int) mocksender.LedgerReport {
	ledger := mocksender.NewLedger(mocksender.LedgerOptions{})
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
		ledger.Add(r)
	}
	return ledger.Snapshot()
}

// element is what assertPage found of one.
type element struct {
	name       string
	attributes map[string]string
	text       string // of script, style and title
}

// assertPage reads a page token by token, as it is written and not as a browser
// would mend it. It fails on whatever the templates do not hold: elements and
// attributes not known, elements not closed, addresses that lead elsewhere,
// comments, and bytes of a target anywhere but in text.
func assertPage(t testing.TB, page string) []element {
	t.Helper()
	var found []element
	var open []string
	ids := map[string]bool{}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			assert.Equal(t, len(open), 0, "not closed: %v", open)
			return found
		case html.CommentToken:
			t.Fatalf("a comment: %s", token)
		case html.DoctypeToken:
			assert.Equal(t, token.Data, "html")
		case html.TextToken:
			if len(open) > 0 && slices.Contains([]string{"script", "style", "title"}, open[len(open)-1]) {
				found[len(found)-1].text += token.Data
			}
		case html.EndTagToken:
			assert.Assert(t, len(open) > 0 && open[len(open)-1] == token.Data, "</%s> within %v", token.Data, open)
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			e := element{name: token.Data, attributes: map[string]string{}}
			for _, a := range token.Attr {
				assertAttribute(t, e, a)
				e.attributes[a.Key] = a.Val
			}
			if id := e.attributes["id"]; id != "" {
				assert.Assert(t, !ids[id], "id %q is there twice", id)
				ids[id] = true
			}
			assert.Assert(t, strings.Contains(pageElements, " "+e.name+" "), "element %s", e.name)
			found = append(found, e)
			if kind == html.StartTagToken && !strings.Contains(" meta input ", " "+e.name+" ") {
				open = append(open, e.name)
			}
		}
	}
}

// What the templates are made of.
const (
	pageElements   = " html head meta title style script body header main nav section footer div span p a b h1 h2 h3 h4 h5 h6 dl dt dd ul li figure figcaption details summary blockquote pre code kbd table thead tbody tr th td button input label dialog svg g defs use path circle rect text "
	pageAttributes = " lang charset content http-equiv name class href id type data-status aria-pressed aria-label aria-labelledby aria-hidden role hidden disabled for placeholder autocomplete spellcheck tabindex scope open viewbox width height r d x y dy "
)

func assertAttribute(t testing.TB, e element, a html.Attribute) {
	t.Helper()
	assert.Assert(t, strings.Contains(pageAttributes, " "+a.Key+" "), "%s has the attribute %s", e.name, a.Key)
	_, twice := e.attributes[a.Key]
	assert.Assert(t, !twice, "%s has %s twice", e.name, a.Key)
	assert.Assert(t, !strings.Contains(a.Val, "pwned") && !strings.Contains(a.Val, branded), "%s=%q holds bytes of a target", a.Key, a.Val)
	if a.Key == "href" {
		assert.Assert(t, strings.HasPrefix(a.Val, "#"), "a link leads to %q", a.Val)
	}
}

func TestPageIsWellFormedAndHoldsATargetsBytesAsTextAlone(t *testing.T) {
	for name, r := range map[string]*conformance.Report{
		"fixture": fixture(), "good": good(), "stopped": stopped(), "empty": {}, "hostile": hostileReport(),
	} {
		page := write(t, "html", r, Options{Version: "1.2.3"})
		assertHarmless(t, page)
		for _, e := range assertPage(t, page) {
			if e.name == "script" || e.name == "style" {
				assert.Assert(t, !strings.Contains(e.text, "pwned"), "%s: a %s holds bytes of the target", name, e.name)
			}
		}
		if name == "hostile" {
			assert.Assert(t, strings.Count(page, branded) > 100, "what the target sent is not shown")
		}
	}
}

func TestPageAllowsItsOwnStyleAndScriptAlone(t *testing.T) {
	var policy string
	for _, e := range assertPage(t, write(t, "html", hostileReport(), Options{})) {
		if e.attributes["http-equiv"] == "Content-Security-Policy" {
			policy = e.attributes["content"]
			assert.Assert(t, strings.HasPrefix(policy, "default-src 'none'; "), policy)
			assert.Assert(t, !strings.Contains(policy, "unsafe"), policy)
		}
		if e.name == "script" || e.name == "style" {
			assert.Assert(t, policy != "", "the policy comes after what it is about")
			sum := sha256.Sum256([]byte(e.text))
			want := e.name + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
			assert.Assert(t, strings.Contains(policy, want), "the policy does not allow the %s", e.name)
			policy = strings.Replace(policy, want, "", 1) // there is one of each
		}
	}
}

func TestPageHasLandmarksAndHeadingsInOrder(t *testing.T) {
	level, counts := 0, map[string]int{}
	for _, e := range assertPage(t, write(t, "html", fixture(), Options{})) {
		counts[e.name]++
		if len(e.name) == 2 && e.name[0] == 'h' && e.name[1] >= '1' && e.name[1] <= '6' {
			next := int(e.name[1] - '0')
			assert.Assert(t, next <= level+1, "h%d after h%d", next, level)
			level = next
		}
		if e.name == "html" {
			assert.Equal(t, e.attributes["lang"], "en")
		}
		if e.attributes["role"] == "img" || e.attributes["role"] == "group" || e.name == "nav" {
			assert.Assert(t, e.attributes["aria-label"] != "", "%s without a name", e.name)
		}
	}
	for _, name := range []string{"header", "main", "nav", "h1", "dialog"} {
		assert.Equal(t, counts[name], 1, name)
	}
	assert.Assert(t, counts["footer"] >= 1)
}

// What a person reads of the page, without the looks of it.
func TestPageText(t *testing.T) {
	for name, r := range map[string]*conformance.Report{"html": fixture(), "html-good": good()} {
		golden.Assert(t, pageText(t, write(t, "html", r, Options{Version: "1.2.3"})), name+".golden")
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
