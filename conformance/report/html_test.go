package report

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/rtkmock/rtkmock/conformance"
)

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

func TestPageIsGoodOnlyWhereNothingStayedOpen(t *testing.T) {
	all := good()
	all.Verdicts = all.Verdicts[:1]
	for _, c := range []struct {
		report *conformance.Report
		want   string
		reason string
	}{
		{all, "good", "conformant, and nothing is open"},
		{good(), "open", "conformant, but a MUST was not judged"},
		{stopped(), "unsure", "inconclusive"},
		{fixture(), "bad", "not conformant"},
		{&conformance.Report{Outcome: conformance.Broken}, "bad", "the harness failed"},
	} {
		assert.Assert(t, strings.Contains(write(t, "html", c.report, Options{}), `<header class="top `+c.want+`">`), c.reason)
	}
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
