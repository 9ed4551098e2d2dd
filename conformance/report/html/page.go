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
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

var (
	//go:embed style.css
	style string
	//go:embed script.js
	script string
)

// page is what page.html is filled with.
type page struct {
	*report.Document
	Policy        string
	Style, Script template.HTML

	Verdict, Lead string // the title: one or two words, and the counts
	Counts        []statusCount
	Groups        []group
	Open          []*check // MUSTs that were not judged
	Timeline      *timeline
	ReplayNote    string
}

// Page returns the page of d.
func Page(d *report.Document) (string, error) { return newPage(d, style, script) }

// newPage returns the page of d with a style and a script. Nothing of a report
// may be in them.
func newPage(d *report.Document, style, script string) (string, error) {
	p := &page{
		Document: d, Counts: statusCounts(d), Timeline: newTimeline(d.Ledger), ReplayNote: report.ReplayNote,
		Policy: fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			fingerprint(style), fingerprint(script)),
		Style: template.HTML("<style>" + style + "</style>"), Script: template.HTML("<script>" + script + "</script>"),
	}
	p.Verdict, p.Lead, _ = strings.Cut(d.Title(), ", ")
	var err error
	if p.Groups, p.Open, err = newGroups(d); err != nil {
		return "", err
	}
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

// statusCount is how many checks have a status.
type statusCount struct {
	Status string
	N      int
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
