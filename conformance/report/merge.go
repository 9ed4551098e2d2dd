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
		r := d.Report
		for _, c := range d.Checks {
			v := c.Verdict
			for _, e := range c.Evidence {
				key := fmt.Sprint(len(kept))
				kept[key] = e
				v.Receipts = append(v.Receipts, mocksender.Receipt{Delivery: mocksender.Delivery{UUID: key}})
			}
			r.Verdicts = append(r.Verdicts, v)
		}
		runs = append(runs, &r)
	}
	merged, err := conformance.Merge(runs, all, now)
	if err != nil {
		return nil, err
	}
	out := New(merged, shards[0].Tool.Version)
	for _, c := range out.Checks {
		for i, e := range c.Evidence {
			c.Evidence[i] = kept[e.UUID]
		}
	}
	return out, nil
}
