package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestMergedLedgersAreTheLedgerOfAll(t *testing.T) {
	whole := ledger.New(ledger.Options{})
	parts := []*ledger.Ledger{ledger.New(ledger.Options{}), ledger.New(ledger.Options{})}
	at := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	for i := range 90 {
		r := mocksender.Receipt{Fate: mocksender.Delivered, Delivery: mocksender.Delivery{
			UUID: fmt.Sprintf("%03d", i), Event: rtk.Event{Type: rtk.EventTypes()[i%9]},
		}}
		statuses := []int{200}
		switch i % 7 {
		case 1:
			r.Fate, statuses = mocksender.Failed, []int{404 + i%2}
		case 2:
			r.Fate, statuses = mocksender.Exhausted, []int{500, 503}
		case 3:
			statuses = []int{500, 200}
		case 4:
			r.Delivery.Mutations = []mutation.Mutation{{ID: "x"}}
		}
		for k, s := range statuses {
			r.Attempts = append(r.Attempts, mocksender.Attempt{
				N: k + 1, At: at.Add(time.Duration(i) * time.Second), Reached: true, Outcome: mocksender.Outcome{Status: s},
			})
		}
		whole.Add(r)
		parts[i*i%3%2].Add(r)
	}
	assert.DeepEqual(t, ledger.Merge(parts[0].Snapshot(), parts[1].Snapshot()), whole.Snapshot())
	assert.DeepEqual(t, ledger.Merge(), ledger.New(ledger.Options{}).Snapshot())
}

func TestMergedTimelinesStayBounded(t *testing.T) {
	full := ledger.New(ledger.Options{})
	for i := range ledger.DefaultTimeline {
		full.Add(mocksender.Receipt{Delivery: mocksender.Delivery{UUID: fmt.Sprint(i)}, Fate: mocksender.Delivered})
	}
	one := full.Snapshot()
	merged := ledger.Merge(one, one, one).Timeline
	assert.Assert(t, len(merged.Entries) <= ledger.DefaultTimeline)
	assert.Equal(t, len(merged.Entries)+merged.LeftOut, 3*ledger.DefaultTimeline)
	assert.Equal(t, len(one.Timeline.Entries), ledger.DefaultTimeline, "the parts are left alone")
}
