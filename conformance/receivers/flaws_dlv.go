package receivers

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// The checks dlv/dup-sequential and dlv/response-lost-then-retry never fall
// apart: a delivery that comes again looks the same to a receiver, whether its
// answer was lost or not.
const repeated = `dlv/dup-sequential dlv/response-lost-then-retry`

// raceWindow is the time between a look and an insert: a round trip or two to
// a database.
const raceWindow = 20 * time.Millisecond

// lastFew is how many uuids the flaw with a short memory keeps.
const lastFew = 20

// set is a set of strings, safe for concurrent use.
type set struct {
	mu sync.Mutex
	in map[string]bool
}

// has reports whether id is in s.
func (s *set) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in[id]
}

// add puts id in and reports whether it was not there before.
func (s *set) add(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in == nil {
		s.in = map[string]bool{}
	}
	added := !s.in[id]
	s.in[id] = true
	return added
}

func (s *set) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.in, id)
}

// duplicateFlaws mistake a delivery that comes again.
func duplicateFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "no-deduplication",
			Doc:   "Acts on every delivery that comes, however often it came before: rtk-uuid is not read.",
			Kills: ids(repeated, "dlv/dup-concurrent dlv/dup-late dlv/dup-across-restart"),
			twist: func(b *behaviour) { b.identity = func(*exchange) string { return "" } },
		},
		{
			Name:  "select-then-insert",
			Doc:   "Looks the uuid up, works, and inserts it then: two that come within 20 ms of each other both find nothing. A unique index would have stopped the second. The uuids are in memory.",
			Kills: ids("dlv/dup-concurrent dlv/dup-across-restart"),
			twist: func(b *behaviour) {
				var seen set
				b.identity = func(*exchange) string { return "" }
				next := b.apply
				b.apply = func(x *exchange) error {
					if seen.has(x.uuid()) {
						return nil
					}
					if !x.pause(raceWindow) {
						return errBusy
					}
					err := next(x)
					if err == nil && x.uuid() != "" {
						seen.add(x.uuid())
					}
					return err
				}
			},
		},
		{
			Name:  "remembers-the-last-few",
			Doc:   "Remembers the uuids of the last twenty deliveries: one that comes again is recognised at once, and not when a busy minute lies between. They are in memory.",
			Kills: ids("dlv/dup-late dlv/dup-across-restart"),
			twist: func(b *behaviour) {
				b.claims = newLedger()
				b.claims.claims.limit = lastFew
			},
		},
		{
			Name:  "409-on-duplicates",
			Doc:   "Tells the sender that it has had this delivery: 409. The sender, whose first answer was lost, takes that for a failure.",
			Kills: ids(repeated, "dlv/dup-concurrent"),
			twist: func(b *behaviour) {
				var done set
				apply, accept := b.apply, b.accept
				b.apply = func(x *exchange) error {
					err := apply(x)
					x.applied = err == nil
					if x.applied && x.uuid() != "" {
						done.add(x.uuid())
					}
					return err
				}
				b.accept = func(x *exchange) answer {
					if !x.applied && done.has(x.uuid()) {
						return status(http.StatusConflict)
					}
					return accept(x)
				}
			},
		},
		{
			Name:  "409-while-in-work",
			Doc:   "Takes a lock for each uuid and answers 409 to whoever comes while it is held. The sender gives up on that delivery, whatever becomes of the other.",
			Kills: ids("dlv/dup-concurrent"),
			twist: func(b *behaviour) {
				var held set
				next := b.process
				b.process = func(x *exchange) answer {
					if x.uuid() == "" {
						return next(x)
					}
					if !held.add(x.uuid()) {
						return status(http.StatusConflict)
					}
					defer held.remove(x.uuid())
					x.pause(x.rc.c.Pause)
					return next(x)
				}
			},
		},
	}
}

// uuidFlaws tell deliveries apart by the wrong thing, or too soon.
func uuidFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "natural-key-409",
			Doc:   "A unique index on session, event and participant answers 409 to a join under a new uuid, should the sender number its retries anew.",
			Kills: ids("dlv/dup-new-uuid"),
			twist: naturalKey,
		},
		{
			Name:  "body-hash-deduplication",
			Doc:   "Recognises duplicates by a hash of the body: a livestream that is LIVE, OFFLINE and LIVE again is LIVE only once.",
			Kills: ids("dlv/same-body-new-uuid"),
			twist: func(b *behaviour) {
				b.identity = func(x *exchange) string { return fmt.Sprintf("%x", sha256.Sum256(x.body)) }
			},
		},
		{
			Name:  "notes-uuid-before-verifying",
			Doc:   "Middleware drops duplicates before the signature is looked at: a forgery uses up the uuid, and the genuine delivery is answered 200 and dropped.",
			Kills: ids("dlv/forged-uuid-poison dlv/fail-then-retry dlv/inflight-claim sig/other-event"),
			twist: func(b *behaviour) {
				var noted set
				dropping(b, &noted)
			},
		},
		{
			Name:  "uuid-required-500",
			Doc:   "Writes rtk-uuid into a column that may not be NULL, and does not catch the error.",
			Kills: ids("dlv/missing-uuid"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool { return x.uuid() == "" }),
		},
		{
			Name:  "webhook-id-required-500",
			Doc:   "Looks up which webhook it is by rtk-webhook-id, and does not expect to find none.",
			Kills: ids("dlv/missing-webhook-id"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				return x.header(x.rc.b.headers.WebhookID) == ""
			}),
		},
	}
}

func naturalKey(b *behaviour) {
	var mu sync.Mutex
	rows := map[[3]string]string{} // the uuid that has the row
	answering(http.StatusConflict, func(x *exchange) bool {
		key := [3]string{x.event.session(), string(x.event.kind()), x.event.text("participant.peerId")}
		if key[2] == "" {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if _, there := rows[key]; !there {
			rows[key] = x.uuid()
		}
		return rows[key] != x.uuid()
	})(b)
}

// dropping notes the uuid of every delivery as it comes, and answers those that
// come again as if they had been accepted.
func dropping(b *behaviour, noted *set) {
	next := b.admit
	b.admit = func(x *exchange) *answer {
		if a := next(x); a != nil || x.uuid() == "" || noted.add(x.uuid()) {
			return a
		}
		a := b.accept(x)
		return &a
	}
}

// failureFlaws lose a delivery because another one failed. They ask for the key
// with every request, so that they fail when its endpoint does: a receiver that
// holds its key cannot be made to fail from outside.
func failureFlaws() []Flaw {
	return []Flaw{
		{
			Name: "marks-before-the-work",
			Doc: "Marks the uuid as seen when a delivery comes in, and takes the mark back only where the signature is wrong. " +
				"If anything else fails, the retry is dropped as a duplicate. It asks for the key with every request.",
			Kills: ids("dlv/fail-then-retry dlv/inflight-claim sig/other-event", askedAlways),
			twist: func(b *behaviour) {
				var noted set
				fetchAlways(b)
				dropping(b, &noted)
				next := b.refuse
				b.refuse = func(x *exchange, err error) answer {
					if !errors.Is(err, ErrNoKey) {
						noted.remove(x.uuid())
					}
					return next(x, err)
				}
			},
		},
		{
			Name:  "claims-while-in-work",
			Doc:   "Answers 200 to a duplicate as long as the first is in work, and takes the claim back when that fails: nobody sends it a third time. It asks for the key with every request.",
			Kills: ids("dlv/inflight-claim", askedAlways),
			twist: func(b *behaviour) {
				var claimed set
				fetchAlways(b)
				next := b.serve
				b.serve = func(x *exchange) answer {
					if x.uuid() == "" {
						return next(x)
					}
					if !claimed.add(x.uuid()) {
						return b.accept(x)
					}
					defer claimed.remove(x.uuid())
					return next(x)
				}
			},
		},
	}
}

// fetchAlways asks for the key with every request, as the guide's sample does.
func fetchAlways(b *behaviour) {
	b.keys = func(x *exchange) keys {
		return oneOff{func(ctx context.Context) (*key, error) { return x.rc.fetchKey(ctx, x.rc.c.KeyURL) }}
	}
}
