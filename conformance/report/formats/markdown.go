package formats

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// Bounds of the Markdown format. GitHub takes 65536 characters in a comment.
const (
	maxMarkdown = 50_000
	maxItem     = 300 // characters of a reason, in a list
)

// markdownWriter writes the Markdown format.
type markdownWriter struct{ strings.Builder }

// markdown returns a report for a pull request: the counts, and each violation
// with its details folded away.
func markdown(d *report.Document) (string, error) {
	m := &markdownWriter{}
	m.printf("### %s: %s\n\n", report.ToolName, plainMarkdown(d.Title()))
	m.about(d)
	m.stale(d.Stale())
	m.table(d)
	m.violations(d)
	m.notJudged(d.NotJudged())
	m.hint(d.Hint())
	m.printf("<sub>%s %s, <code>%s</code></sub>\n", report.ToolName, plainMarkdown(printable.Line(d.Tool.Version)), plainHTML(d.Rerun()))
	return m.String(), nil
}

func (m *markdownWriter) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

func (m *markdownWriter) about(d *report.Document) {
	target := codeSpan(printable.Line(d.Target.URL))
	if d.Target.Embedded {
		target = "the embedded reference receiver"
	}
	m.printf("%s against %s in %s.", printable.Count(len(d.Checks), "check"), target, printable.Duration(time.Duration(d.Took)))
	if d.Ledger.Emitted > 0 {
		m.printf(" %s.", d.Account())
	}
	m.printf("\n\n")
	if text := d.InterceptionText(); text != "" {
		m.printf("%s.\n\n", plainMarkdown(text))
	}
	if text := d.PrintedText(); text != "" {
		m.printf("The receiver printed a sign of a defect that no answer shows: %s\n\n", plainMarkdown(text))
	}
	m.calls(d)
}

// calls folds the calls to the REST API away.
func (m *markdownWriter) calls(d *report.Document) {
	text := d.CallsText()
	if text == "" {
		return
	}
	m.printf("<details><summary>%s</summary>\n\n", plainHTML(text))
	for _, f := range d.CallsByPath() {
		m.printf("- %s: %s\n", codeSpan(f.Name), plainMarkdown(f.Value))
	}
	m.printf("\n</details>\n\n")
}

func (m *markdownWriter) stale(list []conformance.KnownFailing) {
	if len(list) == 0 {
		return
	}
	items := make([]string, len(list))
	for i, k := range list {
		items[i] = "- " + plainMarkdown(printable.Cut(report.StaleText(k), maxItem)) + "\n"
	}
	m.printf("**Stale entries of the list of known violations:**\n\n")
	m.list(items, maxMarkdown)
}

// table counts each status by group. It has all columns, so that no status is
// left out.
func (m *markdownWriter) table(d *report.Document) {
	groups := d.GroupsWorstFirst()
	if len(groups) == 0 {
		return
	}
	statuses := conformance.Statuses()
	head, rule := "| |", "|:--|"
	for _, s := range statuses {
		head += fmt.Sprintf(" %s |", s)
		rule += "--:|"
	}
	m.printf("%s\n%s\n", head, rule)
	total := map[conformance.Status]int{}
	row := func(name string, count map[conformance.Status]int) {
		m.printf("| %s |", name)
		for _, s := range statuses {
			m.printf(" %d |", count[s])
		}
		m.printf("\n")
	}
	for _, g := range groups {
		count := map[conformance.Status]int{}
		for _, c := range g.Checks {
			count[c.Status]++
			total[c.Status]++
		}
		row(plainMarkdown(g.Name), count)
	}
	row("**all**", total)
	m.printf("\n")
}

// violations folds the details of each away. What is too long for a comment
// becomes a list.
func (m *markdownWriter) violations(d *report.Document) {
	var rest []string
	nesting := d.Nesting()
	for _, c := range d.WorstFirst() {
		switch c.Status {
		case conformance.Pass, conformance.Note, conformance.Skip:
			continue
		}
		if nesting.Home(c) != nil {
			continue
		}
		details := violation(c, nesting.Followers(c))
		if m.Len()+len(details) > maxMarkdown {
			rest = append(rest, item(c))
			continue
		}
		m.WriteString(details)
	}
	if len(rest) > 0 {
		m.printf("And, with details in the other formats:\n\n")
		m.list(rest, maxMarkdown+5_000)
	}
}

// notJudged lists the MUSTs that stay open: they are no success.
func (m *markdownWriter) notJudged(open []*report.CheckResult) {
	if len(open) == 0 {
		return
	}
	m.printf("<details><summary>%d MUST not judged</summary>\n\n", len(open))
	items := make([]string, len(open))
	for i, c := range open {
		items[i] = item(c)
	}
	m.list(items, maxMarkdown+10_000)
	m.printf("</details>\n\n")
}

func (m *markdownWriter) hint(h *report.Hint) {
	if h == nil {
		return
	}
	m.printf("<details><summary>%s</summary>\n\n%s\n\n", plainHTML(h.Title), plainMarkdown(h.Lead))
	if h.Code != "" {
		m.WriteString(codeBlock("", h.Code))
	}
	m.printf("%s\n\n</details>\n\n", plainMarkdown(h.Then))
}

// list writes items until the text is limit bytes long, and counts the others.
func (m *markdownWriter) list(items []string, limit int) {
	for i, item := range items {
		if m.Len()+len(item) > limit {
			m.printf("- and %d more\n", len(items)-i)
			break
		}
		m.WriteString(item)
	}
	m.printf("\n")
}

// item is a check in one line of a list.
func item(c *report.CheckResult) string {
	return fmt.Sprintf("- **%s** %s: %s\n", c.StatusWords(), codeSpan(printable.Line(string(c.ID))), plainMarkdown(printable.Cut(c.ReasonText(), maxItem)))
}

func violation(c *report.CheckResult, followers []report.Followers) string {
	m := &markdownWriter{}
	m.printf("<details><summary><b>%s</b> <code>%s</code> (%s): %s</summary>\n\n",
		c.StatusWords(), plainHTML(printable.Line(string(c.ID))), plainHTML(c.Weight()), plainHTML(c.ReasonText()))
	if len(followers) > 0 {
		m.printf("**These follow from it:**\n\n")
		for _, f := range followers {
			ids := make([]string, len(f.Checks))
			for i, c := range f.Checks {
				ids[i] = codeSpan(printable.Line(string(c.ID)))
			}
			m.printf("- **%s** %s: %s\n", f.Checks[0].StatusWords(), strings.Join(ids, ", "), plainMarkdown(f.Because))
		}
		m.printf("\n")
	}
	if c.Known != nil {
		m.printf("**Known:** %s\n\n", plainMarkdown(c.KnownReason()))
	}
	if c.Violated() {
		for _, quote := range c.Quotes() {
			m.printf("> %s\n\n", plainMarkdown(quote))
		}
		m.printf("**Why:** %s\n\n", plainMarkdown(printable.Text(c.Doc)))
	}
	for _, text := range c.Seen() {
		m.printf("- %s\n", plainMarkdown(text))
	}
	if len(c.Seen()) > 0 {
		m.printf("\n")
	}
	label := "**Fix:**"
	for _, text := range c.Fixes() {
		m.printf("%s %s\n\n", label, plainMarkdown(text))
		label = "**Or:**"
	}
	if next := c.NextCommand(); next != "" {
		m.printf("**Type:** %s\n\n", codeSpan(next))
	}
	if len(c.Evidence) > 0 {
		m.delivery(&c.Evidence[0])
	}
	m.printf("</details>\n\n")
	return m.String()
}

func (m *markdownWriter) delivery(e *report.Evidence) {
	m.printf("**Sent:** %s\n\n", plainMarkdown(strings.TrimSpace(e.Sent()+". "+e.Changes())))
	m.printf("**Got:** %s", codeSpan(e.Got()))
	if body := e.AnswerBody(); body != "" {
		m.printf(", %s", codeSpan(body))
	}
	m.printf("\n\n")
	if len(e.Curl) == 0 {
		return
	}
	m.WriteString(codeBlock("sh", e.Curl.String()))
	if e.CurlNote != "" {
		m.printf("%s\n\n", plainMarkdown(e.CurlNote))
	}
}

// markup are the characters that Markdown gives a meaning within a line.
const markup = "\\`*_[]|~$"

// plainMarkdown makes cleaned text a part of a Markdown paragraph.
func plainMarkdown(s string) string {
	return escape(s, func(r rune) string { return `\` + string(r) })
}

// plainHTML makes cleaned text the text of an HTML element. GitHub leaves
// Markdown in there alone; other renderers may not.
func plainHTML(s string) string {
	return escape(s, func(r rune) string { return fmt.Sprintf("&#%d;", r) })
}

// escape makes s mean nothing but itself. "@somebody" and "#123" become
// mentions and links on GitHub wherever they stand in the text of a page; a
// zero-width space within keeps them text.
func escape(s string, special func(rune) string) string {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", "\u200b", "&#8203;"}
	for _, r := range markup {
		pairs = append(pairs, string(r), special(r))
	}
	return strings.NewReplacer(pairs...).Replace(mention().ReplaceAllString(s, "$1\u200b$2"))
}

// mention is compiled when it is first used: no command should start later for a
// report that it may never write.
var mention = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([@#])([\pL\pN])`) })

// codeSpan shows cleaned text as code.
func codeSpan(s string) string {
	if s == "" {
		return ""
	}
	f := fence(s, 1)
	if strings.ContainsAny(s[:1]+s[len(s)-1:], "` ") {
		s = " " + s + " " // of which Markdown takes one away on either side
	}
	return f + s + f
}

// codeBlock shows cleaned text as a block of code.
func codeBlock(language, s string) string {
	f := fence(s, 3)
	return f + language + "\n" + s + "\n" + f + "\n\n"
}

// fence returns as many backticks as it takes, and at least n, for none within s
// to end the code.
func fence(s string, n int) string {
	f := strings.Repeat("`", n)
	for strings.Contains(s, f) {
		f += "`"
	}
	return f
}
