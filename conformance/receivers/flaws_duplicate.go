package receivers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// raceWindow is the time between a lookup and an insert: a round trip or two to
// a database.
const raceWindow = 20 * time.Millisecond

// duplicateFlaws treat a delivery that comes again wrongly.
func duplicateFlaws() []Spec {
	return []Spec{
		{
			Name:     "no-deduplication",
			Doc:      "Acts on every delivery, however often it came before: it does not read rtk-uuid.",
			CaughtBy: ids(repeated, "dlv/dup-concurrent dlv/dup-late dlv/dup-across-restart"),
			change:   noDedupe,
		},
		{
			Name:     "select-then-insert",
			Doc:      "Looks the uuid up, works, and then inserts it. Two deliveries within 20 ms of each other both find nothing. A unique index would have stopped the second. The uuids are in memory.",
			CaughtBy: ids("dlv/dup-concurrent dlv/dup-across-restart"),
			change:   selectThenInsert(raceWindow),
		},
		{
			Name:     "races-for-a-moment",
			Doc:      "Looks the uuid up and inserts it a few milliseconds later, without a unique index.",
			CaughtBy: ids("dlv/dup-concurrent dlv/dup-across-restart"),
			change:   selectThenInsert(4 * time.Millisecond),
		},
		{
			Name:     "remembers-per-worker",
			Doc:      "Has eight workers that take connections in turn, and each remembers the uuids that it has seen. What comes again on another connection meets another worker.",
			CaughtBy: ids(repeated, "dlv/dup-concurrent dlv/dup-late dlv/dup-across-restart"),
			change:   rememberPerWorker,
		},
		{
			Name:     "gives-up-with-the-sender",
			Doc:      "Marks the uuid, and works for Config.Pause under the context of the request, which ends when the sender hangs up. The mark stays, and the retry is taken for a duplicate. The uuids are in memory.",
			CaughtBy: ids("dlv/response-lost-then-retry dlv/dup-across-restart"),
			change: func(p *pipeline) {
				noDedupe(p)
				var claimed set
				next := p.apply
				p.apply = func(x *exchange) error {
					if x.uuid() != "" && !claimed.add(x.uuid()) {
						return nil
					}
					if !x.pause(x.config.Pause) {
						return errBusy
					}
					return next(x)
				}
			},
		},
		{
			Name:     "remembers-the-last-few",
			Doc:      "Remembers the uuids of the last twenty deliveries. It recognizes one that comes again at once, but not one that comes after a busy minute. They are in memory.",
			CaughtBy: ids("dlv/dup-late dlv/dup-across-restart"),
			change: func(p *pipeline) {
				p.claims = newDatabase()
				p.claims.claims.limit = 20
			},
		},
		{
			Name:     "409-on-duplicates",
			Doc:      "Answers 409 to say that it has had this delivery. The sender, whose first answer was lost, takes that for a failure.",
			CaughtBy: ids(repeated, "dlv/dup-concurrent"),
			change: func(p *pipeline) {
				var done set
				apply, accept := p.apply, p.accept
				p.apply = func(x *exchange) error {
					err := apply(x)
					x.applied = err == nil
					if x.applied && x.uuid() != "" {
						done.add(x.uuid())
					}
					return err
				}
				p.accept = func(x *exchange) *response {
					if !x.applied && done.has(x.uuid()) {
						return status(http.StatusConflict)
					}
					return accept(x)
				}
			},
		},
		{
			Name:     "409-while-in-work",
			Doc:      "Takes a lock for each uuid and answers 409 to deliveries that come while it is held. The sender gives up on such a delivery, whatever happens to the first one.",
			CaughtBy: ids("dlv/dup-concurrent"),
			change: func(p *pipeline) {
				next := p.process
				p.process = oneByOne(func(x *exchange) *response {
					x.pause(x.config.Pause)
					return next(x)
				}, func(*exchange) *response { return status(http.StatusConflict) })
			},
		},
		// These recognize duplicates by the wrong thing, or too early.
		{
			Name:     "natural-key-409",
			Doc:      "A unique index on session, event and participant answers 409 to a join under a new uuid, in case the sender gives its retries new numbers.",
			CaughtBy: ids("dlv/dup-new-uuid"),
			change:   naturalKey,
		},
		{
			Name:     "body-hash-deduplication",
			Doc:      "Recognizes duplicates by a hash of the body. A livestream that is LIVE, OFFLINE and LIVE again is LIVE only once.",
			CaughtBy: ids("dlv/same-body-new-uuid"),
			change:   dedupeBy(func(x *exchange) string { return fmt.Sprintf("%x", sha256.Sum256(x.Body)) }),
		},
		{
			Name:     "notes-uuid-before-verifying",
			Doc:      "Middleware drops duplicates before it looks at the signature. A forgery uses up the uuid, and the genuine delivery is answered 200 and dropped.",
			CaughtBy: ids("dlv/forged-uuid-poison dlv/fail-then-retry dlv/inflight-claim sig/other-event"),
			change:   func(p *pipeline) { dropDuplicates(p, new(set)) },
		},
		{
			Name:     "uuid-required-500",
			Doc:      "Writes rtk-uuid into a column that may not be NULL, and does not catch the error.",
			CaughtBy: ids("dlv/missing-uuid"),
			change:   rejectEvents(http.StatusInternalServerError, func(x *exchange) bool { return x.uuid() == "" }),
		},
		{
			Name:     "webhook-id-required-500",
			Doc:      "Looks up by rtk-webhook-id which webhook it is, and does not expect to find none.",
			CaughtBy: ids("dlv/missing-webhook-id"),
			change:   rejectEvents(http.StatusInternalServerError, func(x *exchange) bool { return x.webhookID() == "" }),
		},
		// These lose a delivery because another one failed. They fetch the key for
		// every request, so that they fail when the key endpoint does: nothing
		// from outside can make a receiver fail that keeps its key.
		{
			Name:     "marks-before-the-work",
			Doc:      "Marks the uuid as seen when a delivery comes in, and removes the mark only if the signature is wrong, or the sender has left. If anything else fails, it drops the retry as a duplicate. It fetches the key for every request.",
			CaughtBy: ids("dlv/fail-then-retry dlv/inflight-claim sig/other-event", alwaysFetched),
			change: func(p *pipeline) {
				var noted set
				fetchAlways(p)
				dropDuplicates(p, &noted)
				next := p.reject
				p.reject = func(x *exchange, err error) *response {
					if !errors.Is(err, ErrNoKey) || x.ctx.Err() != nil {
						noted.remove(x.uuid())
					}
					return next(x, err)
				}
			},
		},
		{
			Name:     "drops-retries",
			Doc:      "Marks the uuid, and then fails the first time where it looks for the recording of a livestream that has stopped and finds none. It takes the retry for a duplicate, and answers 200.",
			CaughtBy: ids("dlv/late-accept"),
			change: func(p *pipeline) {
				var recorded, failed set // meetings, and uuids
				next := p.apply
				p.apply = func(x *exchange) error {
					if x.event.kind() == rtk.RecordingStatusUpdate {
						recorded.add(x.event.meeting())
					}
					if x.event.text("status") != "OFFLINE" || x.event.meeting() == "" || recorded.has(x.event.meeting()) {
						return next(x)
					}
					if x.uuid() != "" && failed.add(x.uuid()) {
						return errBusy
					}
					return nil
				}
			},
		},
		{
			Name:     "claims-while-in-work",
			Doc:      "Answers 200 to a duplicate while the first delivery is in work. If that fails, nobody sends it a third time. It fetches the key for every request.",
			CaughtBy: ids("dlv/inflight-claim", alwaysFetched),
			change: func(p *pipeline) {
				fetchAlways(p)
				p.serve = oneByOne(p.serve, p.accept)
			},
		},
	}
}

// selectThenInsert looks the uuid up, and inserts it after window.
func selectThenInsert(window time.Duration) change {
	return func(p *pipeline) {
		noDedupe(p)
		var seen set
		next := p.apply
		p.apply = func(x *exchange) error {
			if seen.has(x.uuid()) {
				return nil
			}
			if !x.pause(window) {
				return errBusy
			}
			err := next(x)
			if err == nil && x.uuid() != "" {
				seen.add(x.uuid())
			}
			return err
		}
	}
}

// workers is how many share the connections of remembers-per-worker.
const workers = 8

func rememberPerWorker(p *pipeline) {
	var memories [workers]set
	var mu sync.Mutex
	assigned := map[string]int{} // workers, by the address of the client
	noDedupe(p)
	next := p.apply
	p.apply = func(x *exchange) error {
		mu.Lock()
		worker, known := assigned[x.r.RemoteAddr]
		if !known {
			worker = len(assigned) % workers
			assigned[x.r.RemoteAddr] = worker
		}
		mu.Unlock()
		if x.uuid() != "" && !memories[worker].add(x.uuid()) {
			return nil
		}
		return next(x)
	}
}

// oneByOne calls work for one delivery of each uuid at a time, and busy for the
// others.
func oneByOne(work, busy func(*exchange) *response) func(*exchange) *response {
	var current set
	return func(x *exchange) *response {
		if x.uuid() == "" {
			return work(x)
		}
		if !current.add(x.uuid()) {
			return busy(x)
		}
		defer current.remove(x.uuid())
		return work(x)
	}
}

func naturalKey(p *pipeline) {
	var rows sync.Map // the uuid that has the row
	rejectEvents(http.StatusConflict, func(x *exchange) bool {
		row := [3]string{x.event.session(), string(x.event.kind()), x.event.text("participant.peerId")}
		if row[2] == "" {
			return false
		}
		first, _ := rows.LoadOrStore(row, x.uuid())
		return first != x.uuid()
	})(p)
}

// dropDuplicates notes the uuid of every delivery as it comes, and answers those
// that come again as if they had been accepted.
func dropDuplicates(p *pipeline, noted *set) {
	next := p.admit
	p.admit = func(x *exchange) *response {
		if r := next(x); r != nil || x.uuid() == "" || noted.add(x.uuid()) {
			return r
		}
		return p.accept(x)
	}
}
