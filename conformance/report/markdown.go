package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Bounds of the Markdown format. GitHub takes 65536 characters in a comment.
const (
	maxMarkdown     = 50_000
	maxMarkdownLine = 300 // characters of a reason, in a list
)

// markdownWriter writes the Markdown format.
type markdownWriter struct {
	*view
	strings.Builder
}

func writeMarkdown(w io.Writer, r *conformance.Report, o Options) error {
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	m := &markdownWriter{view: v}
	m.printf("### %s: %s\n\n", ToolName, plainMarkdown(v.head()))
	m.about()
	m.stale()
	m.table()
	if err := m.findings(); err != nil {
		return err
	}
	m.notJudged()
	m.printf("<sub>%s %s, <code>%s</code></sub>\n", ToolName, plainMarkdown(v.options.version()), plainHTML(rerunFlags(r)))
	return emit(w, m.String())
}

func (m *markdownWriter) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

func (m *markdownWriter) about() {
	target := codeSpan(clean(m.redactor.Text(redact.URL(m.report.Target.URL))))
	if m.report.Target.Embedded {
		target = "the embedded reference receiver"
	}
	m.printf("%s against %s in %s.", counted(len(m.report.Verdicts), "check"), target, short(m.report.Took))
	if l := m.report.Ledger; l.Emitted > 0 {
		m.printf(" Of %d genuine deliveries: %s.", l.Emitted, accountLine(l.Account))
	}
	m.printf("\n\n")
}

// stale lists the known shortfalls that are none any more.
func (m *markdownWriter) stale() {
	lines := m.view.stale()
	if len(lines) == 0 {
		return
	}
	items := make([]string, len(lines))
	for i, line := range lines {
		items[i] = "- " + plainMarkdown(cut(line, maxMarkdownLine)) + "\n"
	}
	m.printf("**Known shortfalls that are none any more:**\n\n")
	m.list(items, maxMarkdown)
}

// table counts each status by group. All columns are there, so that no status
// is left out for want of a place.
func (m *markdownWriter) table() {
	if len(m.groups) == 0 {
		return
	}
	statuses := conformance.Statuses()
	head, rule, total := "| |", "|:--|", "| **all** |"
	for _, s := range statuses {
		head += fmt.Sprintf(" %s |", s)
		rule += "--:|"
		total += fmt.Sprintf(" %d |", m.report.Count(s))
	}
	m.printf("%s\n%s\n", head, rule)
	for _, g := range m.groups {
		m.printf("| %s |", plainMarkdown(g.name))
		for _, s := range statuses {
			n := 0
			for _, v := range g.verdicts {
				if v.Status == s {
					n++
				}
			}
			m.printf(" %d |", n)
		}
		m.printf("\n")
	}
	m.printf("%s\n\n", total)
}

// findings folds the details of each shortfall away. When there are too many
// for a comment, the rest is a list.
func (m *markdownWriter) findings() error {
	var rest []string
	for _, v := range m.shortfalls() {
		text, err := m.finding(v)
		if err != nil {
			return err
		}
		if m.Len()+len(text) > maxMarkdown {
			rest = append(rest, m.item(v))
			continue
		}
		m.WriteString(text)
	}
	if len(rest) > 0 {
		m.printf("And, with details in the other formats:\n\n")
		m.list(rest, maxMarkdown+5_000)
	}
	return nil
}

// shortfalls returns the verdicts that have to be told about, the worst first.
func (m *markdownWriter) shortfalls() []conformance.Verdict {
	var out []conformance.Verdict
	for _, v := range m.report.Verdicts {
		switch v.Status {
		case conformance.Pass, conformance.Note, conformance.Skip:
		default:
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, byRank)
	return out
}

// item is a verdict in one line of a list.
func (m *markdownWriter) item(v conformance.Verdict) string {
	return fmt.Sprintf("- **%s** %s: %s\n", status(v), codeSpan(clean(string(v.Check.ID))), plainMarkdown(cut(m.reason(v), maxMarkdownLine)))
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

func (m *markdownWriter) finding(v conformance.Verdict) (string, error) {
	var b strings.Builder
	c := v.Check
	fmt.Fprintf(&b, "<details><summary><b>%s</b> <code>%s</code> (%s): %s</summary>\n\n",
		status(v), plainHTML(clean(string(c.ID))), plainHTML(weight(c)), plainHTML(m.reason(v)))
	if known := m.known(v); known != "" {
		fmt.Fprintf(&b, "**Known:** %s\n\n", plainMarkdown(known))
	}
	if v.Status == conformance.Fail || v.Status == conformance.Warn {
		for _, q := range quotes(c) {
			fmt.Fprintf(&b, "> %s\n\n", plainMarkdown(q))
		}
		fmt.Fprintf(&b, "**Why:** %s\n\n**Mend:** %s\n\n", plainMarkdown(m.tell(c.Doc)), plainMarkdown(m.tell(c.Fix)))
	}
	if receipts := evidence(v); len(receipts) > 0 {
		r := receipts[0]
		fmt.Fprintf(&b, "**Sent:** %s\n\n", plainMarkdown(strings.TrimSpace(m.sent(r)+". "+m.changes(r))))
		fmt.Fprintf(&b, "**Got:** %s", codeSpan(m.got(r)))
		if body := m.answerBody(r); body != "" {
			fmt.Fprintf(&b, ", %s", codeSpan(body))
		}
		b.WriteString("\n\n")
		cmd, ok, err := m.again(r)
		if err != nil {
			return "", err
		}
		if ok {
			b.WriteString(codeBlock("sh", cmd.line()))
			if note := cmd.note(); note != "" {
				fmt.Fprintf(&b, "%s\n\n", plainMarkdown(note))
			}
		}
	}
	b.WriteString("</details>\n\n")
	return b.String(), nil
}

// notJudged lists the MUSTs that stay open: they are no success.
func (m *markdownWriter) notJudged() {
	open := m.report.NotJudged()
	if len(open) == 0 {
		return
	}
	m.printf("<details><summary>%d MUST not judged</summary>\n\n", len(open))
	items := make([]string, len(open))
	for i, v := range open {
		items[i] = m.item(v)
	}
	m.list(items, maxMarkdown+10_000)
	m.printf("</details>\n\n")
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
	var b strings.Builder
	before := ' '
	for _, r := range s {
		if (before == '@' || before == '#') && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteString("&#8203;")
		}
		before = r
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case strings.ContainsRune(markup, r):
			b.WriteString(special(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// codeSpan shows cleaned text as code. Its fence is longer than any run of
// backticks within.
func codeSpan(s string) string {
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.ContainsAny(s[:1]+s[len(s)-1:], "` ") {
		s = " " + s + " " // of which Markdown takes one away on either side
	}
	return fence + s + fence
}

// codeBlock shows one line of cleaned text as a block of code.
func codeBlock(language, s string) string {
	fence := strings.Repeat("`", max(longestRun(s)+1, 3))
	return fence + language + "\n" + s + "\n" + fence + "\n\n"
}

// longestRun is the length of the longest run of backticks in s.
func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		run++
		if r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
