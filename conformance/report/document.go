package report

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ToolName is the name of the tool in all reports.
const ToolName = "rtkmock"

// documentVersion is the version of a Document. Members may be added to it; one
// that is there keeps its meaning.
const documentVersion = 1

// Document is the report of one run: what the JSON report holds, and what every
// other format is written from. The schema says what each member means. The
// verdicts of the run are its Checks.
type Document struct {
	Version int `json:"version"`
	conformance.Report
	Checks []CheckResult `json:"checks"`
}

func newTool(version string) conformance.Tool {
	if version == "" {
		version = "devel"
	}
	return conformance.Tool{Name: ToolName, Version: version}
}

// New makes the document of r, and does not change r. version is that of the
// tool, "devel" if it is empty.
func New(r *conformance.Report, version string) *Document {
	var receipts []mocksender.Receipt
	for _, v := range r.Verdicts {
		receipts = append(receipts, v.Receipts...)
	}
	s := newSanitizer(r.Target.URL, r.SecretHeaders, receipts)
	d := &Document{documentVersion, *r, []CheckResult{}}
	d.Verdicts, d.SecretHeaders = nil, nil
	d.Tool, d.Headline, d.Stopped, d.Gone = newTool(version), s.text(r.Headline), s.text(r.Stopped), s.text(r.Gone)
	d.Start, d.Began = r.Start.UTC(), r.Began.UTC()
	d.Took, d.Waited = ledger.Round(time.Duration(r.Took)), ledger.Round(time.Duration(r.Waited))
	d.Target, d.Assumptions, d.Instruments = s.target(r.Target), s.assumptions(r.Assumptions), s.instruments(r.Instruments)
	d.Interception = s.interception(r.Interception)
	d.Printed = slices.Clone(r.Printed)
	for i, text := range d.Printed {
		d.Printed[i] = s.text(text)
	}
	d.EffectsHint = s.effectsHint(r.EffectsHint)
	d.Answers = slices.Clone(r.Answers)
	for i, a := range d.Answers {
		d.Answers[i].Event, d.Answers[i].Body = rtk.EventType(printable.UTF8(string(a.Event))), s.text(a.Body)
	}
	d.Calls = s.calls(r.Calls)
	d.Known = slices.Clone(r.Known)
	for i, e := range d.Known {
		d.Known[i] = readable(e)
	}
	if d.Ledger.ByEvent == nil { // the run never began
		d.Ledger = ledger.New(ledger.Options{}).Snapshot()
	}
	for _, v := range r.Verdicts {
		d.Checks = append(d.Checks, s.check(v))
	}
	_ = d.StoreBodies(nil) // it does not fail without a store
	return d
}

// StoreBodies has request bodies stored, under names made of their content. The
// curl lines of d then refer to these files. Without a store, the lines hold the
// bodies themselves. Of a document that was read, only bodies that it holds
// completely are stored. The error is that of store.
func (d *Document) StoreBodies(store Store) error {
	for _, c := range d.Checks {
		if err := setCurl(c.Evidence, store); err != nil {
			return err
		}
	}
	return nil
}

// Unexpected returns the number of checks that have status s and were not known
// to have it.
func (d *Document) Unexpected(s conformance.Status) int {
	return len(d.filter(func(c *CheckResult) bool { return c.Status == s && c.Known == nil }))
}

// NotJudged returns the MUST checks that apply, but were skipped or stayed
// inconclusive.
func (d *Document) NotJudged() []*CheckResult { return d.filter((*CheckResult).MustNotJudged) }

func (d *Document) filter(keep func(*CheckResult) bool) []*CheckResult {
	var out []*CheckResult
	for i := range d.Checks {
		if c := &d.Checks[i]; keep(c) {
			out = append(out, c)
		}
	}
	return out
}

// Tone is how a report looks as a whole.
type Tone string

const (
	Good   Tone = "good"   // conformant, and nothing is left
	Open   Tone = "open"   // conformant, with a MUST not judged or a known violation
	Unsure Tone = "unsure" // inconclusive
	Bad    Tone = "bad"
)

// Tone sums the run up.
func (d *Document) Tone() Tone {
	switch {
	case d.Outcome == conformance.Conformant && d.Summary.MustNotJudged+d.Summary.Known == 0:
		return Good
	case d.Outcome == conformance.Conformant:
		return Open
	case d.Outcome == conformance.Undecided:
		return Unsure
	default:
		return Bad
	}
}
