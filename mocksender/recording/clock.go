package recording

import (
	"container/heap"
	"iter"
	"math"
	"time"
)

// What byTime holds back at most. Attempts are recorded when they end, so one
// may stand behind as many as ended while it was under way.
const (
	holdRecords = 4096
	holdBytes   = 32 << 20
)

// byTime brings records into the order of the times at which they began, as
// far as it can look ahead. Records without a time keep their place.
func byTime(records iter.Seq2[Record, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var h timedRecords
		var latest time.Time
		seq, held := 0, 0
		pop := func() bool {
			r := heap.Pop(&h).(timedRecord)
			held -= len(r.Body)
			return yield(r.Record, nil)
		}
		for r, err := range records {
			if err != nil {
				for len(h) > 0 {
					if !pop() {
						return
					}
				}
				yield(r, err)
				return
			}
			if r.Delivery != nil && !r.Delivery.At.IsZero() {
				latest = r.Delivery.At
			}
			seq++
			held += len(r.Body)
			heap.Push(&h, timedRecord{r, latest, seq})
			for len(h) > holdRecords || held > holdBytes && len(h) > 1 {
				if !pop() {
					return
				}
			}
		}
		for len(h) > 0 {
			if !pop() {
				return
			}
		}
	}
}

// timedRecord is a record with its place: its time, or that of the one before
// it, and its number.
type timedRecord struct {
	Record
	at  time.Time
	seq int
}

// timedRecords is a heap, the earliest first.
type timedRecords []timedRecord

func (h timedRecords) Len() int { return len(h) }
func (h timedRecords) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].seq < h[j].seq
}
func (h timedRecords) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timedRecords) Push(x any)   { *h = append(*h, x.(timedRecord)) }
func (h *timedRecords) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = timedRecord{} // its body is not kept
	*h = old[:len(old)-1]
	return last
}

// replayClock says when a record is due.
type replayClock struct {
	speed float64
	began time.Time // when the replay sent its first request with a time
	first time.Time // that request's time
}

// due returns when r is to be sent: as long after the first as it was, by the
// speed. A record without a time goes out at its turn: the zero time.
func (c *replayClock) due(r Record) time.Time {
	if c.speed == 0 || r.Delivery == nil || r.Delivery.At.IsZero() {
		return time.Time{}
	}
	if c.first.IsZero() {
		c.began, c.first = time.Now(), r.Delivery.At
	}
	after := float64(max(r.Delivery.At.Sub(c.first), 0)) / c.speed
	// A wait that no Duration can hold is one that nobody lives to see.
	return c.began.Add(time.Duration(min(after, math.MaxInt64/2)))
}
