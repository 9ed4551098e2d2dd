package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
)

// pageFiles are the page's template, style and script. They go into every page,
// which needs nothing else.
//
//go:embed html
var pageFiles embed.FS

// htmlPage is what the template is filled with. All of it that is not typed
// template.HTML is escaped by the template, for the place where it stands.
type htmlPage struct {
	Policy        string
	Style, Script template.HTML

	Name, Version string
	Tone          string // good, open, unsure or bad
	Verdict       string // one or two words
	Lead          string // the counts
	Facts         [][2]string
	Counts        []pageCount
	Groups        []pageGroup
	Open          []pageLink // MUSTs not judged
	Outdated      []string   // known shortfalls that are none any more
	Deliveries    string     // what became of the genuine ones; empty: there were none
	Timeline      *timeline
	Events        []pageEvent
	Worst         []pageEntry
	Instruments   []conformance.Instrument
	Assumptions   []conformance.Assumption
	Rerun, Stale  string
}

// pageCount is how many checks have a status.
type pageCount struct {
	Status string
	N      int
}

// pageLink leads to a check.
type pageLink struct {
	Link       template.URL
	ID, Reason string
}

// pageEvent is what became of the deliveries of one type.
type pageEvent struct {
	Name    string
	Sent    int
	Account string
}

// pageEntry is one of the worst deliveries.
type pageEntry struct{ After, Event, Kind, Fate, Answers, UUID string }

// writeHTML writes one page that needs nothing from anywhere else and runs no
// code but its own: a policy in its head names its style and script by their
// hashes and forbids all else. It can be read without scripts.
func writeHTML(w io.Writer, r *conformance.Report, o Options) error {
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	t, err := template.ParseFS(pageFiles, "html/*.html")
	if err != nil {
		return fmt.Errorf("report: html: %w", err)
	}
	p, err := v.htmlPage(t)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page.html", p); err != nil {
		return fmt.Errorf("report: html: %w", err)
	}
	return emit(w, b.String())
}

func (v *view) htmlPage(t *template.Template) (*htmlPage, error) {
	r := v.report
	p := &htmlPage{
		Name: ToolName, Version: clean(v.options.version()),
		Tone:        tone(r),
		Facts:       v.facts(),
		Timeline:    newTimeline(r.Ledger),
		Instruments: v.pageInstruments(),
		Rerun:       rerunFlags(r), Stale: stale,
	}
	p.Verdict, p.Lead, _ = strings.Cut(v.head(), ", ")
	p.Counts, p.Outdated = pageCounts(r), v.stale()
	for _, a := range r.Assumptions {
		p.Assumptions = append(p.Assumptions, conformance.Assumption{Name: v.tell(a.Name), Value: v.tell(a.Value), Flag: clean(a.Flag)})
	}
	if r.Ledger.Emitted > 0 {
		p.Deliveries = accountLine(r.Ledger.Account)
	}
	v.pageLedger(p)
	if err := p.dress(); err != nil {
		return nil, err
	}
	return p, v.pageChecks(t, p)
}

// pageCounts counts statuses, the worst first. What was known has a place of its
// own, after what needs somebody to look at it.
func pageCounts(r *conformance.Report) []pageCount {
	var out []pageCount
	add := func(status string, n int) {
		if n > 0 {
			out = append(out, pageCount{status, n})
		}
	}
	for _, s := range conformance.Statuses() {
		if s == conformance.Skip {
			add(knownKind, r.KnownViolations())
		}
		add(string(s), r.Unexpected(s))
	}
	return out
}

// dress puts the style and the script into the page, and the policy that
// allows just these.
func (p *htmlPage) dress() error {
	style, err := pageFiles.ReadFile("html/style.css")
	if err != nil {
		return fmt.Errorf("report: html: %w", err)
	}
	script, err := pageFiles.ReadFile("html/script.js")
	if err != nil {
		return fmt.Errorf("report: html: %w", err)
	}
	p.Policy = fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
		fingerprint(style), fingerprint(script))
	// Both are files of this package: nothing of a report is in them.
	p.Style = template.HTML("<style>" + string(style) + "</style>")
	p.Script = template.HTML("<script>" + string(script) + "</script>")
	return nil
}

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// tone is the colour of the outcome. Only a run in which nothing stayed open is
// good.
func tone(r *conformance.Report) string {
	switch {
	case r.Outcome == conformance.Conformant && len(r.NotJudged())+r.KnownViolations() == 0:
		return "good"
	case r.Outcome == conformance.Conformant:
		return "open"
	case r.Outcome == conformance.Undecided:
		return "unsure"
	default:
		return "bad"
	}
}

func (v *view) pageInstruments() []conformance.Instrument {
	var out []conformance.Instrument
	for _, in := range v.report.Instruments {
		detail := v.tell(in.Detail)
		if !in.On {
			detail = strings.TrimPrefix(detail, "off: ")
		}
		out = append(out, conformance.Instrument{Name: name(in.Name), On: in.On, Detail: detail})
	}
	return out
}

func (v *view) pageLedger(p *htmlPage) {
	l := v.report.Ledger
	for _, event := range eventsOf(l) {
		a := l.ByEvent[event]
		p.Events = append(p.Events, pageEvent{name(string(event)), a.Emitted, accountLine(a)})
	}
	for _, e := range l.Worst {
		out := pageEntry{
			Event: name(string(e.Event)), Kind: markKind(e.Fate, e.Tries), Fate: fateWord(e.Fate, e.Tries),
			Answers: answersOf(e), UUID: name(e.UUID),
		}
		if len(l.Timeline.Entries) > 0 {
			out.After = short(max(e.Time.Sub(l.Timeline.Entries[0].Time), time.Duration(0)))
		}
		p.Worst = append(p.Worst, out)
	}
}
