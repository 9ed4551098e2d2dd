package report

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
)

// Merge makes the document of the run that shards are the parts of, as
// conformance.Merge does, and has its errors. The version is the first shard's.
func Merge(shards []*Document, all []*conformance.Check, now time.Time) (*Document, error) {
	// Merging chooses among receipts without looking at them. So a receipt that
	// has no more than a key stands for each piece of evidence.
	kept := map[string]Evidence{}
	var runs []*conformance.Report
	for _, d := range shards {
		r := d.run()
		for i, c := range d.Checks {
			for _, e := range c.Evidence {
				key := fmt.Sprint(len(kept))
				kept[key] = e
				r.Verdicts[i].Evidence = append(r.Verdicts[i].Evidence, mocksender.Receipt{Delivery: mocksender.Delivery{UUID: key}})
			}
		}
		runs = append(runs, r)
	}
	merged, err := conformance.Merge(runs, all, now)
	if err != nil {
		return nil, err
	}
	out, err := New(merged, shards[0].Tool.Version)
	if err != nil {
		return nil, err
	}
	for _, c := range out.Checks {
		for i, e := range c.Evidence {
			c.Evidence[i] = kept[e.UUID]
		}
	}
	return out, nil
}

// run returns the run that d is the report of, without evidence.
func (d *Document) run() *conformance.Report {
	out := d.Report
	for _, c := range d.Checks {
		out.Verdicts = append(out.Verdicts, conformance.Verdict{
			Check: &conformance.Check{
				ID: c.ID, Title: c.Title, Level: c.Level, Basis: c.Basis, From: c.Spec, Doc: c.Doc, Fix: c.Fix,
			},
			Status: c.Status, Reason: c.Reason, Took: time.Duration(c.Took), NotApplicable: c.NotApplicable,
		})
	}
	return &out
}
