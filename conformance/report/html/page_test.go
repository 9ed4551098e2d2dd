package html

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func pageOf(t testing.TB, d *report.Document) string {
	t.Helper()
	page, err := Page(d)
	assert.NilError(t, err)
	return page
}

func playPageOf(t testing.TB, d *report.PlayDocument) string {
	t.Helper()
	page, err := Play(d)
	assert.NilError(t, err)
	return page
}

// element is what assertPage found of one.
type element struct {
	name       string
	attributes map[string]string
	text       string // of script, style and title
}

// assertPage reads a page token by token, as it is written and not as a browser
// would repair it. It fails on whatever the templates do not hold: elements and
// attributes not known, elements not closed, addresses that lead elsewhere,
// comments, and bytes of a target anywhere but in text. It and assertAttribute are
// called often enough for fuzzing to need plain conditions.
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
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> within %v", token.Data, open)
			}
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			e := element{name: token.Data}
			if len(token.Attr) > 0 {
				e.attributes = make(map[string]string, len(token.Attr))
			}
			for _, a := range token.Attr {
				assertAttribute(t, e, a)
				e.attributes[a.Key] = a.Val
			}
			if id := e.attributes["id"]; id != "" {
				if ids[id] {
					t.Fatalf("id %q is there twice", id)
				}
				ids[id] = true
			}
			if !strings.Contains(pageElements, " "+e.name+" ") {
				t.Fatalf("element %s", e.name)
			}
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
	if !strings.Contains(pageAttributes, " "+a.Key+" ") {
		t.Fatalf("%s has the attribute %s", e.name, a.Key)
	}
	if _, twice := e.attributes[a.Key]; twice {
		t.Fatalf("%s has %s twice", e.name, a.Key)
	}
	if strings.Contains(a.Val, "pwned") || strings.Contains(a.Val, branded) {
		t.Fatalf("%s=%q holds bytes of a target", a.Key, a.Val)
	}
	if a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
		t.Fatalf("a link leads to %q", a.Val)
	}
}

func TestPageIsWellFormedAndHoldsATargetsBytesAsTextAlone(t *testing.T) {
	for name, r := range map[string]*report.Document{
		"fixture": fixture(t), "empty": {}, "hostile": hostile(), "nested": nested(t), "refused": refused(t),
	} {
		page := pageOf(t, r)
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
	for _, e := range assertPage(t, pageOf(t, hostile())) {
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
	for _, e := range assertPage(t, pageOf(t, fixture(t))) {
		counts[e.name]++
		if len(e.name) == 2 && e.name[0] == 'h' && e.name[1] >= '1' && e.name[1] <= '6' {
			next := int(e.name[1] - '0')
			assert.Assert(t, next <= level+1, "h%d after h%d", next, level)
			level = next
		}
		if e.name == "html" {
			assert.Equal(t, e.attributes["lang"], "en")
		}
		if e.attributes["role"] == "img" || e.attributes["role"] == "group" {
			assert.Assert(t, e.attributes["aria-label"] != "", "%s without a name", e.name)
		}
	}
	for _, name := range []string{"header", "main", "h1", "dialog"} {
		assert.Equal(t, counts[name], 1, name)
	}
	assert.Assert(t, counts["footer"] >= 1)
}

func TestPageIsGoodOnlyWhereNothingStayedOpen(t *testing.T) {
	for _, c := range []struct {
		document report.Document
		want     string
		reason   string
	}{
		{report.Document{Report: conformance.Report{Outcome: conformance.Conformant}}, "good", "conformant, and nothing is open"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Conformant, Summary: conformance.Summary{MustNotJudged: 1}}}, "open", "conformant, but a MUST was not judged"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Conformant, Summary: conformance.Summary{Known: 1}}}, "open", "conformant, with a known violation"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Undecided}}, "unsure", "inconclusive"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Nonconformant}}, "bad", "not conformant"},
		{report.Document{Report: conformance.Report{Outcome: conformance.Broken}}, "bad", "the harness failed"},
	} {
		assert.Assert(t, strings.Contains(pageOf(t, &c.document), `<header class="top `+c.want+`">`), c.reason)
	}
}

// places returns the ids of a page's parts and cards in their order, each with those
// that it is inside of: "failures sig/raw-bytes evt/enums".
func places(t testing.TB, page string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	assert.NilError(t, err)
	var out []string
	var walk func(*html.Node, string)
	walk = func(n *html.Node, within string) {
		class, id := "", ""
		for _, a := range n.Attr {
			switch a.Key {
			case "class":
				class = " " + a.Val + " "
			case "id":
				id = a.Val
			}
		}
		for _, part := range []string{" worst ", " rest ", " check ", " timeline "} {
			if strings.Contains(class, part) {
				within = strings.TrimSpace(within + " " + cmp.Or(id, strings.TrimSpace(part)))
				out = append(out, within)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, within)
		}
	}
	walk(doc, "")
	return out
}

func TestPageHasTheWorstFirstAndConsequencesInsideTheirCause(t *testing.T) {
	assert.DeepEqual(t, places(t, pageOf(t, nested(t))), []string{
		"failures",
		"failures sig/other-key",
		"failures sig/raw-bytes", "failures sig/raw-bytes evt/enums", "failures sig/raw-bytes rsp/burst",
		"failures sig/pss", "failures sig/pss rsp/no-redirect", // what is inside is worse than it is
		"undecided", "undecided sig/truncated",
		"warnings", "warnings sig/rejects-with-4xx",
		"not-judged", "not-judged sig/effect-before-verify",
		"timeline",
		"skipped", "skipped evt/accept-meeting.summary", "skipped key/one", "skipped key/two",
		"notes", "notes sig/no-leak",
		"passed", "passed ctl/valid-accepted", "passed sig/tampered-byte", "passed sig/evt",
	})
}

func TestTheCauseOfARefusalIsTheFirstCard(t *testing.T) {
	page := pageOf(t, refused(t))
	assert.DeepEqual(t, places(t, page)[:3], []string{"undecided", "undecided ctl/valid-accepted", "not-judged"})
	for _, want := range []string{`id="ctl/valid-accepted" data-status="inconclusive" open>`, "<p>verify with RSASSA-PKCS1-v1_5</p>", "<b>or</b> give it the key by --key", "HMAC-SHA256: answered 200"} {
		assert.Assert(t, strings.Contains(page, want), want)
	}
	assert.Assert(t, !strings.Contains(page, "<dt>stopped</dt>"), "the title says it")
}

func TestPageOfAPlay(t *testing.T) {
	page := playPageOf(t, unmet(t))
	assertHarmless(t, page)
	assertPage(t, page)
	assert.DeepEqual(t, places(t, page), []string{
		"failures", "failures step/2", "failures step/3", "failures step/4", "undecided", "undecided step/5",
		"timeline",
		"skipped", "skipped step/6", "skipped step/7", "skipped step/7.1", "passed", "passed step/1",
	})
	for _, want := range []string{"<h1>4 of 8 expectations unmet</h1>", "scripts/incident.json", "The script&#39;s own word.", "fault: respond 503", "curl -sS", "The sender's health at this target"} {
		assert.Assert(t, strings.Contains(page, want), want)
	}
	evil := unmet(t)
	for i := range evil.Steps {
		s := &evil.Steps[i]
		s.Number, s.Do, s.Reason, s.Note = wickedness(), wickedness(), wickedness(), wickedness()
		s.Evidence = hostile().Checks[0].Evidence
	}
	evil.Headline, evil.Health[0].UUID = wickedness(), wickedness()
	page = playPageOf(t, evil)
	assertHarmless(t, page)
	assertPage(t, page)
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

// FuzzPage puts arbitrary bytes into every place that a target can fill. It tries
// some 1,000 pages a second where nothing else runs, and 500 beside other work: the
// templates write about 20 kB, which are read again.
func FuzzPage(f *testing.F) {
	f.Add([]byte(wickedness()), wickedness(), "reason # TODO ::error::x")
	f.Add([]byte(`{"a":[1,"\u0000"]}`), "text/html", "")
	f.Add([]byte("\xed\xa0\x80\xef\xbf\xbe\xf4\x90\x80\x80\u0085\u2028\ufeff"), "]]>", "...\n---\r\n\x00")
	f.Fuzz(func(t *testing.T, body []byte, field, reason string) {
		e := delivery(string(body))
		e.UUID, e.Mutations = field, []report.Mutation{{ID: field, Doc: reason}}
		a := &e.Attempts[0]
		a.Fault, a.Request.HeadBase64 = reason, body
		a.Response.Readable = map[string][]string{"Location": {field}, field: {reason}}
		e.Attempts = append(e.Attempts, report.Attempt{N: 2, Error: report.Error{Class: mocksender.Class(field), Message: reason}})
		d := &report.Document{
			Report: conformance.Report{Headline: reason, Stopped: field},
			Checks: []report.CheckResult{{Verdict: conformance.Verdict{ID: conformance.ID("sig/" + field), Title: reason, Status: conformance.Fail, Reason: reason, Doc: field, Fix: field}, Evidence: []report.Evidence{e}}},
		}
		d.Ledger.Emitted = 1
		d.Ledger.Timeline.Entries = []ledger.Entry{{
			Time: start, Event: rtk.EventType(field), UUID: field, Fate: mocksender.Fate(field),
			Attempts: []ledger.EntryAttempt{{Class: mocksender.Class(field), Fault: reason}},
		}}
		d.Ledger.Worst = d.Ledger.Timeline.Entries
		// The style and the script hold nothing of a report, and take most of the time.
		page, err := newPage(d, "", "")
		assert.NilError(t, err)
		assertHarmless(t, page)
		for _, e := range assertPage(t, page) {
			for key, value := range e.attributes {
				if len(reason) > 12 && strings.Contains(value, reason) {
					t.Fatalf("%s=%q holds the reason", key, value)
				}
			}
		}
	})
}
