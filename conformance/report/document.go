package report

import (
	"errors"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// ToolName is the name of the tool in all reports.
const ToolName = "rtkmock"

// documentVersion is the version of a Document. Members may be added to it; one
// that is there keeps its meaning.
const documentVersion = 1

// Document is the report of one run: what the JSON report holds, and what every
// other format is written from. The schema says what each member means.
type Document struct {
	Version     int                      `json:"version"`
	Outcome     conformance.Outcome      `json:"outcome"`
	Headline    string                   `json:"headline"`
	Complete    bool                     `json:"complete"`
	Stopped     string                   `json:"stopped,omitempty"`
	Strict      bool                     `json:"strict,omitempty"`
	Tool        Tool                     `json:"tool"`
	Seed        uint64                   `json:"seed,string"` // JavaScript's numbers cannot hold all 64 bits
	Start       time.Time                `json:"start"`
	Began       time.Time                `json:"began"`
	Took        ledger.Millis            `json:"took_ms"`
	Waited      ledger.Millis            `json:"waited_ms"`
	Target      conformance.TargetInfo   `json:"target"`
	Assumptions []conformance.Assumption `json:"assumptions"`
	Instruments []conformance.Instrument `json:"instruments"`
	Required    []string                 `json:"required,omitempty"`
	Known       []Known                  `json:"known_failing,omitempty"`
	Shards      []conformance.Shard      `json:"shards,omitempty"`
	Summary     Summary                  `json:"summary"`
	Ledger      ledger.Report            `json:"ledger"`
	Checks      []Check                  `json:"checks"`
}

// Tool is what wrote a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Summary counts the checks of a document.
type Summary struct {
	Checks        int `json:"checks"`
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Warn          int `json:"warn"`
	Note          int `json:"note"`
	Skip          int `json:"skip"`
	Inconclusive  int `json:"inconclusive"`
	Error         int `json:"error"`
	MustNotJudged int `json:"must_not_judged"`
	Known         int `json:"known,omitempty"`
}

func newTool(version string) Tool {
	if version == "" {
		version = "devel"
	}
	return Tool{ToolName, version}
}

// errEmpty is the error about a report that is nil, or lacks a check.
var errEmpty = errors.New("report: there is no report to write")

// New makes the document of r, and does not change r. version is that of the
// tool, "devel" if it is empty. The error is about a report without content.
func New(r *conformance.Report, version string) (*Document, error) {
	if r == nil || slices.ContainsFunc(r.Verdicts, func(v conformance.Verdict) bool { return v.Check == nil }) {
		return nil, errEmpty
	}
	var receipts []mocksender.Receipt
	for _, v := range r.Verdicts {
		receipts = append(receipts, v.Evidence...)
	}
	s := newSanitizer(r.Target.URL, r.SecretHeaders, receipts)
	d := &Document{
		Version: documentVersion, Tool: newTool(version),
		Outcome: r.Outcome, Headline: s.text(r.Headline), Complete: r.Complete, Stopped: s.text(r.Stopped), Strict: r.Strict,
		Seed: r.Seed, Start: r.Start.UTC(), Began: r.Began.UTC(), Took: ledger.Round(r.Took), Waited: ledger.Round(r.Waited),
		Target: s.target(r.Target), Assumptions: s.assumptions(r.Assumptions), Instruments: []conformance.Instrument{},
		Required: r.Required, Ledger: r.Ledger, Checks: []Check{},
		Summary: Summary{
			Checks: len(r.Verdicts), Pass: r.Count(conformance.Pass), Fail: r.Count(conformance.Fail),
			Warn: r.Count(conformance.Warn), Note: r.Count(conformance.Note), Skip: r.Count(conformance.Skip),
			Inconclusive: r.Count(conformance.Inconclusive), Error: r.Count(conformance.Error),
			MustNotJudged: len(r.NotJudged()), Known: r.KnownViolations(),
		},
	}
	for _, in := range r.Instruments {
		d.Instruments = append(d.Instruments, conformance.Instrument{Name: printable.UTF8(in.Name), On: in.On, Detail: s.text(in.Detail)})
	}
	for _, e := range r.Known {
		d.Known = append(d.Known, newKnown(e))
	}
	for _, shard := range r.Shards {
		shard.Start = shard.Start.UTC()
		d.Shards = append(d.Shards, shard)
	}
	if d.Ledger.ByEvent == nil { // the run never began
		d.Ledger = ledger.New(ledger.Options{}).Snapshot()
	}
	for _, v := range r.Verdicts {
		d.Checks = append(d.Checks, s.check(v))
	}
	return d, d.StoreBodies(nil)
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
	return len(d.filter(func(c *Check) bool { return c.Status == s && c.Known == nil }))
}

// NotJudged returns the MUST checks that apply, but were skipped or stayed
// inconclusive.
func (d *Document) NotJudged() []*Check {
	return d.filter(func(c *Check) bool {
		return c.Level == conformance.Must && !c.NotApplicable && (c.Status == conformance.Skip || c.Status == conformance.Inconclusive)
	})
}

func (d *Document) filter(keep func(*Check) bool) []*Check {
	var out []*Check
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

// Unbracketed reports that nothing genuine could be sent, so that what a target
// refuses is all that is known of it.
func (d *Document) Unbracketed() bool {
	return slices.ContainsFunc(d.Instruments, func(in conformance.Instrument) bool { return in.Name == conformance.InstrumentRefusals })
}

// Stale returns the entries of the list of known violations that have to be taken
// out.
func (d *Document) Stale() []Known {
	return slices.DeleteFunc(slices.Clone(d.Known), func(k Known) bool { return k.Stale == "" })
}
