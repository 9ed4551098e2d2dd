// Package html writes a report as one page for a browser. The page needs
// nothing from anywhere else and runs no code but its own: a policy in its head
// names its style and script by their hashes and forbids all else. It can be
// read without scripts.
package html

import (
	"crypto/sha256"
	_ "embed" // of the style and the script
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

var (
	//go:embed style.css
	style string
	//go:embed script.js
	script string
)

// page is what page.html is filled with.
type page struct {
	Policy        string
	Style, Script template.HTML

	Subject       string // what was judged, "conformance" or "play"
	Noun          string // what the cards are, "check" or "step"
	Tool          conformance.Tool
	Tone          report.Tone
	Verdict, Lead string        // the title: one or two words, and the counts
	Brief, Facts  []report.Fact // those to read first, and the others

	Counts   []statusCount
	Sections []section // what somebody has to look at, the worst first
	Rest     []section // what is folded away
	Stale    []string

	Ledger         ledger.Report
	Account        string   // of all genuine deliveries
	Notes          []string // on that
	Advice         string   // of a play in which nothing was accepted
	Timeline       *timeline
	Answers, Calls []report.Fact
	Health         []report.HealthChange

	Instruments       []conformance.Instrument
	Assumptions       []conformance.Assumption
	Hint              *report.Hint
	Rerun, ReplayNote string
}

// Page returns the page of d.
func Page(d *report.Document) (string, error) { return newPage(d, style, script) }

// newPage returns the page of d with a style and a script. Nothing of a report
// may be in them.
func newPage(d *report.Document, style, script string) (string, error) {
	p := &page{
		Subject: "conformance", Noun: "check", Tool: d.Tool, Tone: d.Tone(),
		Ledger: d.Ledger, Account: d.Account(), Answers: d.AnswersByEvent(), Calls: d.CallsByPath(),
		Instruments: d.Instruments, Assumptions: d.Assumptions, Hint: d.Hint(), Rerun: d.Rerun(),
	}
	for _, e := range d.Stale() {
		p.Stale = append(p.Stale, report.StaleText(e))
	}
	// The cause of a refusal is the first card, and the title says why a run stopped.
	p.setFacts(slices.DeleteFunc(d.Facts(), func(f report.Fact) bool {
		return f.Name == "cause" || f.Name == "stopped" && strings.Contains(d.Title(), f.Value)
	}))
	if err := p.addChecks(d); err != nil {
		return "", err
	}
	return p.write(d.Title(), style, script)
}

// Play returns the page of a play.
func Play(d *report.PlayDocument) (string, error) {
	p := &page{
		Subject: "play", Noun: "step", Tool: d.Tool, Tone: d.Tone(),
		Ledger: d.Ledger, Account: fmt.Sprintf("Of %d genuine: %s", d.Ledger.Emitted, report.Fates(d.Ledger.Account)), Notes: d.Notes(), Advice: d.Hint(), Calls: d.CallsByPath(), Health: d.Health, Assumptions: d.Assumptions, Rerun: d.Rerun(),
	}
	p.setFacts(d.Facts(true))
	if err := p.addSteps(d); err != nil {
		return "", err
	}
	return p.write(printable.Text(d.Headline), style, script)
}

// setFacts puts first what a reader needs to know which run it is, and why it
// ended early.
func (p *page) setFacts(facts []report.Fact) {
	for _, f := range facts {
		if slices.Contains([]string{"scenario", "target", "stopped", "target gone", "failure"}, f.Name) {
			p.Brief = append(p.Brief, f)
		} else {
			p.Facts = append(p.Facts, f)
		}
	}
}

func (p *page) write(title, style, script string) (string, error) {
	p.Timeline, p.ReplayNote = newTimeline(p.Ledger), report.ReplayNote
	p.Verdict, p.Lead, _ = strings.Cut(title, ", ")
	p.Policy = fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
		fingerprint(style), fingerprint(script))
	p.Style, p.Script = template.HTML("<style>"+style+"</style>"), template.HTML("<script>"+script+"</script>")
	return execute("page.html", p)
}

func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// After says how long after the start of the timeline t is.
func (p *page) After(t time.Time) string {
	all := p.Ledger.Timeline.Entries
	if len(all) == 0 {
		return ""
	}
	return printable.Duration(max(t.Sub(all[0].Time), 0))
}

// statusCount is how many cards have a status.
type statusCount struct {
	Status string
	N      int
}

// kinds are the kinds of cards, the worst first. Known violations come after
// what somebody has to look at.
func kinds() []string {
	var out []string
	for _, s := range conformance.Statuses() {
		if s == conformance.Skip {
			out = append(out, report.KindKnown)
		}
		out = append(out, string(s))
	}
	return out
}

// count counts the kinds of cards.
func (p *page) count(cards []*card) {
	for _, kind := range kinds() {
		n := 0
		for _, c := range cards {
			if c.Kind == kind {
				n++
			}
		}
		if n > 0 {
			p.Counts = append(p.Counts, statusCount{kind, n})
		}
	}
}
