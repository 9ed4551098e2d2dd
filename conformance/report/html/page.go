// Package html writes a report as one page for a browser. The page needs
// nothing from anywhere else and runs no code but its own: a policy in its head
// names its style and script by their hashes and forbids all else. It can be
// read without scripts.
package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

//go:embed *.html style.css script.js
var files embed.FS

// templates are parsed when the first page is written: no command should start
// later for a report that it may never write.
var templates = sync.OnceValues(func() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"line": words(printable.Line), "name": words(printable.Name), "text": words(printable.Text), "bounded": words(printable.Bounded),
		"count":    printable.Count,
		"duration": func(m ledger.Millis) string { return printable.Duration(time.Duration(m)) },
		"detail":   report.InstrumentDetail,
		"fates":    report.Fates,
	}).ParseFS(files, "*.html")
})

// words makes f take any kind of string.
func words(f func(string) string) func(any) string {
	return func(v any) string { return f(fmt.Sprint(v)) }
}

// page is what page.html is filled with. The template escapes all of it that is
// not typed template.HTML or template.URL, for the place where it stands. What
// is not visible is escaped by the functions above.
type page struct {
	*report.Document
	Policy        string
	Style, Script template.HTML

	Tone          string // good, open, unsure or bad
	Verdict, Lead string // the title: one or two words, and the counts
	Counts        []statusCount
	Groups        []group
	Open          []*check // MUSTs that were not judged
	Timeline      *timeline
	Events        []event
	Worst         []entry
	ReplayNote    string
}

// statusCount is how many checks have a status.
type statusCount struct {
	Status string
	N      int
}

// event is what became of the deliveries of one type.
type event struct {
	Name string
	ledger.Account
}

// entry is one of the deliveries that fared worst.
type entry struct {
	ledger.Entry
	After, Mark, Fate, Answers string
}

// Page returns the page of d.
func Page(d *report.Document) (string, error) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return "", err
	}
	script, err := files.ReadFile("script.js")
	if err != nil {
		return "", err
	}
	return newPage(d, string(style), string(script))
}

// newPage returns the page of d with a style and a script. Nothing of a report
// may be in them.
func newPage(d *report.Document, style, script string) (string, error) {
	t, err := templates()
	if err != nil {
		return "", err
	}
	p := &page{
		Document: d, Tone: tone(d), Counts: statusCounts(d), Timeline: newTimeline(d.Ledger), ReplayNote: report.ReplayNote,
		Policy: fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			fingerprint(style), fingerprint(script)),
		Style: template.HTML("<style>" + style + "</style>"), Script: template.HTML("<script>" + script + "</script>"),
	}
	p.Verdict, p.Lead, _ = strings.Cut(d.Title(), ", ")
	for _, t := range report.EventTypes(d.Ledger) {
		p.Events = append(p.Events, event{string(t), d.Ledger.ByEvent[t]})
	}
	for _, e := range d.Ledger.Worst {
		after := ""
		if all := d.Ledger.Timeline.Entries; len(all) > 0 {
			after = printable.Duration(max(e.Time.Sub(all[0].Time), 0))
		}
		p.Worst = append(p.Worst, entry{e, after, markKind(e.Fate, e.Tries), fateWords(e.Fate, e.Tries), answers(e)})
	}
	if err := p.addChecks(t); err != nil {
		return "", err
	}
	return execute(t, "page.html", p)
}

func execute(t *template.Template, name string, data any) (string, error) {
	var b strings.Builder
	err := t.ExecuteTemplate(&b, name, data)
	return b.String(), err
}

func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// tone is the colour of the outcome. Only a run that left nothing open is good.
func tone(d *report.Document) string {
	switch {
	case d.AllJudged():
		return "good"
	case d.Outcome == conformance.Conformant:
		return "open"
	case d.Outcome == conformance.Undecided:
		return "unsure"
	default:
		return "bad"
	}
}

// statusCounts counts statuses, the worst first. Known violations come after
// what somebody has to look at.
func statusCounts(d *report.Document) []statusCount {
	var out []statusCount
	add := func(status string, n int) {
		if n > 0 {
			out = append(out, statusCount{status, n})
		}
	}
	for _, s := range conformance.Statuses() {
		if s == conformance.Skip {
			add(report.KindKnown, d.Summary.Known)
		}
		add(string(s), d.Unexpected(s))
	}
	return out
}
