package conformance

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Exchange is one delivery of a run and what came of it.
type Exchange struct {
	mocksender.Receipt
	Answer Answer
	Label  string // what the delivery is, for people: "meeting.ended", "a forgery: half a signature"

	query       effects.Query
	links       []string  // tokens of the download links that lead to the harness
	ended       time.Time // when the last attempt was over
	watch       watch     // whether its effect is read
	variantName string    // see kin
	baseline    bool      // see Usual
}

// Answered says in a few words how the delivery was answered.
func (s *Exchange) Answered() string { return Describe(s.Receipt) }

// Late reports that a genuine delivery was accepted, but not at once.
func (s *Exchange) Late() bool { return s.Answer == Accepted && len(s.Attempts) > 1 }

// FirstStatus is the HTTP status of the first attempt, 0 if it had none.
func (s *Exchange) FirstStatus() int {
	if len(s.Attempts) == 0 {
		return 0
	}
	return s.Attempts[0].Outcome.Status
}

// watch says whether the effect of a genuine delivery is read, and whether it is
// waited for. Those of forgeries and oddities always are read.
type watch int

const (
	unwatched watch = iota
	watched         // read once, with the others
	compared        // given EffectsTimeout to show where others like it have had one
	awaited         // given EffectsTimeout to show
)

// delivery kinds decide retries and accounts.
type kind int

const (
	genuine      kind = iota // sent as the real sender would, and entered in the ledger
	nonstandard              // signed, but nothing that the real sender sends
	forgery                  // not signed by the key that the target knows, or changed afterwards
	unverifiable             // a forgery that the target could not tell from a genuine one: it was kept from its key
)

// send delivers d, which is ready, and returns what came of it. A nil result means that the
// harness failed; the failure is kept for the verdict of the run.
func (r *run) send(ctx context.Context, label string, k kind, d mocksender.Delivery) (*Exchange, error) {
	release, err := r.pace.acquire(ctx)
	if err != nil {
		return &Exchange{Label: label, Receipt: mocksender.Receipt{Delivery: d, Fate: mocksender.Abandoned}}, nil
	}
	sender := r.genuine
	switch {
	case r.pace.hopeless():
		sender = r.plain
	case k != genuine:
		sender = r.suspicious
	}
	defer release()
	s, err := r.sendBy(ctx, sender, label, k, d)
	if err == nil {
		r.pace.heed(s)
	}
	return s, err
}

// sendBy sends d as it is, at once, and makes sure that a forgery was one.
func (r *run) sendBy(ctx context.Context, sender *mocksender.Sender, label string, k kind, d mocksender.Delivery) (*Exchange, error) {
	if r.o.Parallel == 1 {
		r.takes(sender)
	}
	disturbed := r.endpoints.KeyServer.Fault() != wellknown.None
	receipt, err := sender.Send(ctx, r.o.Target.URL, d)
	if err != nil {
		return nil, err
	}
	s := r.record(label, k, receipt)
	if disturbed && s.Answer == Limited && s.Last().Outcome.Status == http.StatusServiceUnavailable {
		s.Answer = Failing // it asks for time to get its key
	}
	if k == forgery || k == unverifiable {
		return s, r.checkForged(s)
	}
	return s, nil
}

// record keeps the books of a delivery that is over.
func (r *run) record(label string, k kind, receipt mocksender.Receipt) *Exchange {
	s := &Exchange{
		Receipt: receipt,
		Answer:  AnswerOf(receipt),
		Label:   label,
		query:   queryOf(receipt.Delivery),
		links:   r.endpoints.tokens(receipt.Delivery.Event.Body),
		ended:   time.Now(),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch k {
	case genuine:
		r.ledger.Add(receipt)
		r.genuineSent = append(r.genuineSent, s)
	case nonstandard:
		r.nonstandards = append(r.nonstandards, s)
	case forgery:
		r.forgeries = append(r.forgeries, s)
	case unverifiable:
		r.unverifiable = append(r.unverifiable, s)
	}
	return s
}

// queryOf reads from a delivery's body what an effect may be counted by.
func queryOf(d mocksender.Delivery) effects.Query {
	q := effects.Query{UUID: d.UUID, Event: d.Event.Type}
	q.MeetingID = firstString(d.Event.Body, "meeting.id", "meetingId")
	q.SessionID = firstString(d.Event.Body, "meeting.sessionId", "sessionId", "recording.roomUUID")
	return q
}

// pacer spreads requests over time: as the user asked, and more thinly once
// the target has said that it is too much.
type pacer struct {
	limiter *rate.Limiter
	turn    sync.Mutex // held during a request once the run is serial
	mu      sync.Mutex
	serial  bool
	wanted  rate.Limit // what the user asked for
	inARow  int        // deliveries that stayed limited
}

func newPacer(perSecond float64) *pacer {
	limit := rate.Inf
	if perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	return &pacer{limiter: rate.NewLimiter(limit, 1)}
}

// acquire waits for the turn of the next request; release ends it.
func (p *pacer) acquire(ctx context.Context) (release func(), err error) {
	p.mu.Lock()
	serial := p.serial
	p.mu.Unlock()
	release = func() {}
	if serial {
		p.turn.Lock()
		release = p.turn.Unlock
	}
	if err := p.limiter.Wait(ctx); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// The rates in a second between which a limiting target is met, and how the
// rate recovers.
const (
	politeRate  = 40
	slowestRate = 2
	recovery    = 1.5
)

// hopelessAfter is how many deliveries in a row have to stay limited, however
// long they were backed off from, before no more time is spent on it.
const hopelessAfter = 3

// heed learns from a delivery that is over: the first limit makes the run
// serial, each one halves its rate, and each accepted delivery raises it again.
func (p *pacer) heed(s *Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch s.Answer {
	case Limited:
		p.inARow++
	default:
		p.inARow = 0
	}
	switch limit := p.limiter.Limit(); {
	case s.Answer != Failing && slices.ContainsFunc(s.Attempts, func(a mocksender.Attempt) bool { return limited(a.Outcome) }):
		if !p.serial {
			p.serial = true
			p.wanted = limit
		}
		p.limiter.SetLimit(max(min(limit, politeRate)/2, slowestRate))
	case p.serial && s.Answer == Accepted:
		p.limiter.SetLimit(min(limit*recovery, p.wanted, politeRate))
	}
}

// hopeless reports that the target limits the rate whatever the run does.
func (p *pacer) hopeless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inARow >= hopelessAfter
}
