package ledger

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxAttempts is how many attempts an Entry holds: the first ones and the last.
const maxAttempts = 12

// maxText bounds the strings of an Entry, in bytes. Real ones are shorter.
const maxText = 200

// Entry is one delivery as a ledger keeps it.
type Entry struct {
	// Time is when the first attempt began; of a delivery without attempts,
	// when it was added.
	Time time.Time `json:"time"`
	// MeetingTime is when the event happened, by its meeting's clock. Zero: not
	// known.
	MeetingTime time.Time       `json:"meeting_time,omitzero"`
	Event       rtk.EventType   `json:"event"`
	UUID        string          `json:"uuid"`
	Fate        mocksender.Fate `json:"fate"`
	// Health is Reduced or Probing where the sender stood so with the target
	// when the delivery came, and empty otherwise.
	Health mocksender.HealthState `json:"health,omitempty"`
	// Latency is the time from Time to the end of the last attempt.
	Latency Millis `json:"latency_ms"`
	// Tries is the number of attempts. Attempts holds the first eleven and the
	// last.
	Tries    int            `json:"tries"`
	Attempts []EntryAttempt `json:"attempts"`
}

// EntryAttempt is one attempt as a ledger keeps it.
type EntryAttempt struct {
	N      int              `json:"n"`                // from 1
	At     time.Time        `json:"at"`               // when it began
	Took   Millis           `json:"took_ms"`          // until the response header, or the error
	Status int              `json:"status,omitempty"` // what the sender saw; 0: an error
	Class  mocksender.Class `json:"class,omitempty"`  // the kind of error; empty: a status
	Fault  string           `json:"fault,omitempty"`  // its fault, as Fault.String has it
	// Unreached: a fault kept it from the target.
	Unreached bool `json:"unreached,omitempty"`
	// TargetStatus and TargetClass are what the target really did, where a
	// fault hid that from the sender.
	TargetStatus int              `json:"target_status,omitempty"`
	TargetClass  mocksender.Class `json:"target_class,omitempty"`
}

// Millis is a duration that JSON holds as a number of milliseconds, with three
// decimals at most.
type Millis time.Duration

// MarshalJSON writes the number.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(m).Round(time.Microsecond)) / float64(time.Millisecond))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var ms float64
	if err := json.Unmarshal(b, &ms); err != nil {
		return err
	}
	*m = Round(time.Duration(min(ms, maxMillis) * float64(time.Millisecond)))
	return nil
}

// maxMillis is the longest time that is read, about 146 years: what is longer
// is not a time, and does not fit a duration.
const maxMillis = math.MaxInt64 / 2e6

// Round returns d as JSON holds it.
func Round(d time.Duration) Millis { return Millis(d.Round(time.Microsecond)) }

// newEntry returns the entry of r, which ended before now.
func newEntry(r mocksender.Receipt, now time.Time) Entry {
	e := Entry{
		Time:        now.UTC(),
		MeetingTime: r.Delivery.MeetingTime.UTC(),
		Event:       rtk.EventType(short(string(r.Delivery.Event.Type))),
		UUID:        short(r.Delivery.UUID),
		Fate:        r.Fate,
		Tries:       len(r.Attempts),
		Attempts:    make([]EntryAttempt, 0, min(len(r.Attempts), maxAttempts)),
	}
	if r.Health != mocksender.Healthy {
		e.Health = r.Health
	}
	for i, a := range r.Attempts {
		if len(r.Attempts) > maxAttempts && i >= maxAttempts-1 && i < len(r.Attempts)-1 {
			continue
		}
		t := EntryAttempt{
			N: a.N, At: a.At.UTC(), Took: Round(a.Outcome.Took),
			Status: a.Outcome.Status, Class: a.Outcome.Class,
			Fault: a.Fault, Unreached: !a.Reached,
		}
		if a.Target != nil {
			t.TargetStatus, t.TargetClass = a.Target.Status, a.Target.Class
		}
		e.Attempts = append(e.Attempts, t)
	}
	if len(r.Attempts) > 0 {
		last := r.Last()
		e.Time = r.Attempts[0].At.UTC()
		e.Latency = Round(last.At.Sub(r.Attempts[0].At) + last.Outcome.Took)
	}
	return e
}

// short returns a bounded copy of s: a part of a string would keep the whole.
func short(s string) string {
	return strings.Clone(s[:min(len(s), maxText)])
}

// atOnce reports that the first attempt was accepted.
func (e Entry) atOnce() bool { return e.Fate == mocksender.Delivered && e.Tries <= 1 }

// severity orders fates, the worst first; it is negative for what is no fate.
func severity(f mocksender.Fate) int {
	return slices.Index([]mocksender.Fate{mocksender.Failed, mocksender.Exhausted, mocksender.NotTried, mocksender.Abandoned, mocksender.Delivered}, f)
}

// worse orders entries, the worst first. Entries that differ in no more than
// their time are in the order of that, so the order does not depend on when
// they came.
func worse(a, b Entry) int {
	return cmp.Or(
		cmp.Compare(severity(a.Fate), severity(b.Fate)),
		cmp.Compare(b.Latency, a.Latency),
		cmp.Compare(b.Tries, a.Tries),
		a.Time.Compare(b.Time),
		cmp.Compare(a.UUID, b.UUID),
	)
}
