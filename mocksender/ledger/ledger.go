package ledger

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What the zero values of Options stand for.
const (
	DefaultWorst    = 20
	DefaultTimeline = 2000
)

// What bounds the counts. A target and a script could make as many event types
// and retries as they like.
const (
	maxEvents  = 200
	maxRetries = 1000
)

// OtherEvents is the event type under which a ledger counts those beyond its
// bound, 200.
const OtherEvents rtk.EventType = "(other)"

// Options bound what a Ledger keeps of single deliveries. The zero value is
// useful; a number below zero is none.
type Options struct {
	Worst    int // how many of the worst deliveries. Zero: DefaultWorst
	Timeline int // how many deliveries of the timeline. Zero: DefaultTimeline
}

// Ledger counts genuine deliveries: what became of all of them, which fared
// worst, and a timeline. Its memory does not grow with their number. It is safe
// for concurrent use. Make one with New.
type Ledger struct {
	o Options // filled

	mu       sync.Mutex
	total    Account
	byEvent  map[rtk.EventType]*Account
	forged   int
	worst    []Entry // in order
	timeline Timeline
}

// New returns an empty ledger.
func New(o Options) *Ledger {
	o.Worst = cmp.Or(o.Worst, DefaultWorst)
	o.Timeline = cmp.Or(o.Timeline, DefaultTimeline)
	return &Ledger{o: o, total: newAccount(), byEvent: map[rtk.EventType]*Account{}, timeline: Timeline{Every: 1}}
}

// Account is what became of a number of genuine deliveries. Each delivery is in
// exactly one of the six counts after Emitted, which is their sum.
//
// In JSON, the maps are objects with decimal or plain names, and members that
// do not count deliveries say so.
type Account struct {
	Emitted      int `json:"sent"`
	Accepted     int `json:"accepted"`      // at once: on the first attempt
	AcceptedLate int `json:"accepted_late"` // on a later attempt
	// Lost deliveries were answered with another status below 500: "RealtimeKit
	// records the delivery as failed and does not retry it."
	Lost      int `json:"lost"`
	Exhausted int `json:"exhausted"` // all attempts ended in a 5xx or a network error
	NotTried  int `json:"not_tried"` // attempts were reduced, and they got none
	Abandoned int `json:"abandoned"` // the run ended first

	// AcceptedAfter are the accepted late by the number of retries they took;
	// 1000 stands for more as well.
	AcceptedAfter map[int]int `json:"accepted_after"`
	// LostBy are the lost by status.
	LostBy map[int]int `json:"lost_by_status"`
	// ExhaustedBy are the exhausted by how the last attempt ended: a status,
	// or the class of a network error.
	ExhaustedBy map[string]int `json:"exhausted_by"`

	// Attempts counts attempts, not deliveries.
	Attempts int `json:"attempts"`
	// Unseen are those that the target answered 2xx while the sender saw no such
	// answer; AcceptedTwice those that it answered so more than once. Both come
	// from answers that a fault of the script hid. They are among the others.
	Unseen        int `json:"accepted_unseen"`
	AcceptedTwice int `json:"accepted_twice"`
}

// Report is a copy of the state of a Ledger. Its JSON form is the members of the
// Account and those named here.
type Report struct {
	Account
	// ByEvent is the same account for each event type.
	ByEvent map[rtk.EventType]Account `json:"by_event"`
	// NotGenuine is how many receipts were left out.
	NotGenuine int `json:"not_genuine"`
	// Worst are the deliveries that were not accepted at once, the worst first:
	// lost, exhausted, not tried, abandoned, and accepted late, the latest
	// first. Options bounds them.
	Worst    []Entry  `json:"worst"`
	Timeline Timeline `json:"timeline"`
}

// Add counts a delivery that is over. A delivery that is not genuine only counts
// as such. Of r, copies of short strings alone are kept.
func (l *Ledger) Add(r mocksender.Receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !r.Delivery.Genuine() {
		l.forged++
		return
	}
	if severity(r.Fate) < 0 {
		r.Fate = mocksender.Abandoned // Send returned an error
	}
	now := time.Now()
	l.total.count(r)
	l.of(r.Delivery.Event.Type).count(r)
	e := newEntry(r, now)
	if !e.atOnce() && l.o.Worst > 0 {
		l.rank(e)
	}
	l.timeline.add(e, max(l.o.Timeline, 0))
}

// of returns the account of one event type. The lock is held.
func (l *Ledger) of(t rtk.EventType) *Account {
	t = t[:min(len(t), maxText)]
	if a := l.byEvent[t]; a != nil {
		return a
	}
	if len(l.byEvent) >= maxEvents {
		if t = OtherEvents; l.byEvent[t] != nil {
			return l.byEvent[t]
		}
	}
	a := newAccount()
	l.byEvent[rtk.EventType(short(string(t)))] = &a
	return &a
}

// rank puts e in its place among the worst, if it is one of them. The lock is
// held.
func (l *Ledger) rank(e Entry) {
	at, _ := slices.BinarySearchFunc(l.worst, e, worse)
	if at >= l.o.Worst {
		return
	}
	l.worst = slices.Insert(l.worst, at, e)
	if len(l.worst) > l.o.Worst {
		l.worst[l.o.Worst] = Entry{}
		l.worst = l.worst[:l.o.Worst]
	}
}

// Snapshot returns the account so far.
func (l *Ledger) Snapshot() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Report{
		Account:    l.total.clone(),
		ByEvent:    make(map[rtk.EventType]Account, len(l.byEvent)),
		NotGenuine: l.forged,
		Worst:      append([]Entry{}, l.worst...),
		Timeline:   l.timeline.snapshot(),
	}
	for t, a := range l.byEvent {
		out.ByEvent[t] = a.clone()
	}
	return out
}

// count counts a delivery that is over.
func (a *Account) count(r mocksender.Receipt) {
	a.Emitted++
	a.Attempts += len(r.Attempts)
	last := r.Last().Outcome
	switch r.Fate {
	case mocksender.Delivered:
		if retries := len(r.Attempts) - 1; retries > 0 {
			a.AcceptedLate++
			a.AcceptedAfter[min(retries, maxRetries)]++
		} else {
			a.Accepted++
		}
	case mocksender.Failed:
		a.Lost++
		a.LostBy[last.Status]++
	case mocksender.Exhausted:
		a.Exhausted++
		by := string(last.Class)
		if last.Err == nil {
			by = strconv.Itoa(last.Status)
		}
		a.ExhaustedBy[by]++
	case mocksender.NotTried:
		a.NotTried++
	default:
		a.Abandoned++
	}
	taken := 0
	for _, t := range r.Attempts {
		if takenByTarget(t) {
			taken++
		}
	}
	if taken > 1 {
		a.AcceptedTwice++
	}
	if taken > 0 && r.Fate != mocksender.Delivered {
		a.Unseen++
	}
}

// takenByTarget reports whether the target answered 2xx, seen or not.
func takenByTarget(a mocksender.Attempt) bool {
	if a.Target != nil {
		return a.Target.OK()
	}
	return a.Reached && a.Outcome.OK()
}

// newAccount returns an empty account. Its maps are there, so that they are
// objects in JSON.
func newAccount() Account {
	return Account{AcceptedAfter: map[int]int{}, LostBy: map[int]int{}, ExhaustedBy: map[string]int{}}
}

// clone returns a copy.
func (a Account) clone() Account {
	a.AcceptedAfter = maps.Clone(a.AcceptedAfter)
	a.LostBy = maps.Clone(a.LostBy)
	a.ExhaustedBy = maps.Clone(a.ExhaustedBy)
	return a
}

// Merge returns the report that one Ledger with the default options would give
// of the deliveries of several. The worst are chosen among those that the parts
// name, and the timeline is a sample of theirs.
func Merge(parts ...Report) Report {
	out := New(Options{}).Snapshot()
	for _, p := range parts {
		out.Account.add(p.Account)
		for t, a := range p.ByEvent {
			sum, ok := out.ByEvent[t]
			if !ok {
				sum = newAccount()
			}
			sum.add(a)
			out.ByEvent[t] = sum
		}
		out.NotGenuine += p.NotGenuine
		out.Worst = append(out.Worst, p.Worst...)
		out.Timeline.Entries = append(out.Timeline.Entries, p.Timeline.Entries...)
		out.Timeline.LeftOut += p.Timeline.LeftOut
		out.Timeline.Every = max(out.Timeline.Every, p.Timeline.Every)
	}
	slices.SortStableFunc(out.Worst, worse)
	out.Worst = out.Worst[:min(len(out.Worst), DefaultWorst)]
	out.Timeline.sort()
	for len(out.Timeline.Entries) > DefaultTimeline {
		out.Timeline.halve()
	}
	return out
}

// add adds the counts of b.
func (a *Account) add(b Account) {
	a.Emitted += b.Emitted
	a.Accepted += b.Accepted
	a.AcceptedLate += b.AcceptedLate
	a.Lost += b.Lost
	a.Exhausted += b.Exhausted
	a.NotTried += b.NotTried
	a.Abandoned += b.Abandoned
	a.Attempts += b.Attempts
	a.Unseen += b.Unseen
	a.AcceptedTwice += b.AcceptedTwice
	addCounts(a.AcceptedAfter, b.AcceptedAfter)
	addCounts(a.LostBy, b.LostBy)
	addCounts(a.ExhaustedBy, b.ExhaustedBy)
}

func addCounts[K comparable](to, from map[K]int) {
	for k, n := range from {
		to[k] += n
	}
}
