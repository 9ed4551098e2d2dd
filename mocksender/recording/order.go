package recording

import (
	"iter"
	"slices"
	"time"
)

// What byTime holds back at most. Attempts are recorded when they end, so one
// may stand behind as many as ended while it was under way.
const (
	maxHeldRecords = 4096
	maxHeldBytes   = 32 << 20
)

// byTime brings records into the order of the times at which they began, as
// far as it can look ahead. Records without a time stay behind the one before
// them.
func byTime(records iter.Seq2[Record, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var held []timedRecord // in order
		var latest time.Time
		size := 0
		pop := func() bool {
			r := held[0].Record
			held[0] = timedRecord{} // its body is not kept
			held = held[1:]
			size -= len(r.Body)
			return yield(r, nil)
		}
		flush := func() bool {
			for len(held) > 0 {
				if !pop() {
					return false
				}
			}
			return true
		}
		for r, err := range records {
			if err != nil {
				if flush() {
					yield(r, err)
				}
				return
			}
			if at := r.delivery().At; !at.IsZero() {
				latest = at
			}
			at, _ := slices.BinarySearchFunc(held, latest, func(h timedRecord, t time.Time) int {
				if h.at.After(t) {
					return 1
				}
				return -1 // behind those of the same time
			})
			held = slices.Insert(held, at, timedRecord{r, latest})
			size += len(r.Body)
			for len(held) > maxHeldRecords || size > maxHeldBytes && len(held) > 1 {
				if !pop() {
					return
				}
			}
		}
		flush()
	}
}

// timedRecord is a record with its time, or that of the one before it.
type timedRecord struct {
	Record
	at time.Time
}
