package service

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// lane is the way to one webhook. Service.mu guards it.
type lane struct {
	hook    Webhook
	ended   string // why nothing goes out any more; empty while it may
	jobs    map[*job]struct{}
	ready   []*job
	running int
	is      standing
	waitsIn *queue // of Service.places; nil while it waits in none
}

// job is a delivery that is pending.
type job struct {
	lane *lane
	d    Delivery
	// probe says that the target's health allows one attempt.
	probe    bool
	admitted bool                 // its target's health was asked
	prepared *mocksender.Prepared // for the URL in preparedFor
	forURL   string
	waits    bool // for its next attempt, which is due at due
	due      time.Time
	timer    *time.Timer          // that makes it ready; nil while its last attempt is being stored
	ask      *order               // what to tell of it
	attempts []mocksender.Attempt // kept for order.done alone
}

func newLane(w Webhook) *lane { return &lane{hook: w, jobs: map[*job]struct{}{}, is: untried} }

// halt stops the timers of what waits. Service.mu is held.
func (l *lane) halt() {
	for j := range l.jobs {
		if j.timer != nil {
			j.timer.Stop()
		}
	}
	l.ready = nil
}

// enter takes j into account. s.mu is held.
func (s *Service) enter(j *job) {
	j.lane.jobs[j] = struct{}{}
	s.pending++
}

// arm has j, which waits, become ready when it is due. s.mu is held.
func (s *Service) arm(j *job) {
	wait := time.Until(j.due)
	if wait <= 0 {
		s.ready(j)
		return
	}
	j.timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, still := j.lane.jobs[j]; still && j.waits && !s.closed && time.Until(j.due) <= 0 {
			s.ready(j)
		}
	})
}

// ready puts j where its next attempt is made from. s.mu is held.
func (s *Service) ready(j *job) {
	j.timer, j.waits = nil, false
	j.lane.ready = append(j.lane.ready, j)
	s.pump(j.lane)
}

// pump starts as many attempts of l as there are places for. s.mu is held.
func (s *Service) pump(l *lane) {
	limit := s.o.PerWebhook
	if l.is == silent {
		limit = 1
	}
	for len(l.ready) > 0 && l.running < limit && !s.closed {
		if !s.places.take(l) {
			return
		}
		j := l.ready[0]
		if l.ready = l.ready[1:]; len(l.ready) == 0 {
			l.ready = nil
		}
		s.tasks.Go(func() { s.attempt(j) })
	}
}

// release gives back the place of an attempt at l. s.mu is held.
func (s *Service) release(l *lane) {
	s.places.give(l)
	for next := s.places.next(); next != nil; next = s.places.next() {
		s.pump(next)
	}
	s.pump(l) // last: others have waited longer
}

// attempt makes one attempt of j and decides what comes after it.
func (s *Service) attempt(j *job) {
	s.mu.Lock()
	hook, n, refusal := j.lane.hook, len(j.d.Attempts)+1, j.lane.refusal(j)
	s.mu.Unlock()
	if refusal != "" {
		s.settle(j, func() { s.finish(j, Abandoned, refusal) })
		return
	}
	if state, reason := s.admit(j, hook, n); state != "" {
		s.settle(j, func() { s.finish(j, state, reason) })
		return
	}
	p, err := s.prepare(j, hook, n)
	if err != nil {
		s.settle(j, func() { s.finish(j, Failed, err.Error()) })
		return
	}
	a := p.Try(s.ctx, n)
	if s.o.OnAttempt != nil {
		s.o.OnAttempt(j.d.Event, a)
	}
	if j.ask.tried != nil && a.Outcome.Class != mocksender.ClassOwn {
		j.ask.tried(a)
	}
	s.settle(j, func() { s.took(j, a) })
}

// settle does what follows on j's attempt, stores it, and only then gives the
// attempt's place back and lets the next one come: what is stored last is
// latest.
func (s *Service) settle(j *job, then func()) {
	s.mu.Lock()
	then()
	d := j.d
	s.mu.Unlock()
	s.save(d)
	s.mu.Lock()
	_, pending := j.lane.jobs[j]
	overtaken := !pending && !d.Over() // abandoned while it was stored
	switch {
	case d.Over():
		s.stored()
	case overtaken:
		d = j.d
	case pending && j.waits && !s.closed:
		s.arm(j)
	}
	s.release(j.lane)
	s.mu.Unlock()
	switch {
	case overtaken:
		s.save(d) // whoever abandoned it may have been earlier
	case d.Over():
		j.ask.over(d, j.attempts)
	}
}

// refusal says why j is not to go out any more, or nothing. s.mu is held.
func (l *lane) refusal(j *job) string {
	if l.ended != "" {
		return l.ended
	}
	return l.hook.refusal(j.d.Event)
}

// took notes an attempt of j, which ends it or makes it wait for the next. s.mu
// is held.
func (s *Service) took(j *job, a mocksender.Attempt) {
	o := a.Outcome
	if s.ctx.Err() != nil && o.Class == mocksender.ClassCanceled {
		return // the service ends; the delivery stays pending
	}
	refusal := j.lane.refusal(j)
	if o.Class == mocksender.ClassOwn && refusal == "" {
		s.postpone(j, o.Err)
		return
	}
	s.places.recover()
	d := &j.d
	d.Attempts = append(d.Attempts[:len(d.Attempts):len(d.Attempts)], newAttempt(a, d.Body))
	d.URL, d.NextAt = redact.URL(j.forURL), time.Time{}
	if j.ask.done != nil {
		j.attempts = append(j.attempts, a)
	}
	j.lane.is = answering
	if o.Class == mocksender.ClassTimeout {
		j.lane.is = silent
	}
	wait, again := s.o.Sender.Retry.Next(a.N, o)
	switch {
	case o.OK() || j.probe || !again:
		fate := mocksender.FateOf(o)
		s.healthFor(j).Learn(j.lane.hook.ID, fate)
		s.finish(j, State(fate), "")
	case refusal != "":
		s.finish(j, Abandoned, refusal)
	default:
		s.wait(j, time.Duration(float64(wait)*s.scale))
	}
}

// ownPause is how long a delivery waits for connections that others use.
const ownPause = 100 * time.Millisecond

// postpone has j's attempt made later: it was none, as this process may open no
// more connections. s.mu is held.
func (s *Service) postpone(j *job, why error) {
	if !s.short {
		s.short = true
		s.o.Log.Warn("no more connections can be opened from here: deliveries wait until others have ended, and no target is blamed",
			"attempts_under_way", s.places.running, "error", why)
	}
	s.places.ranOut()
	s.wait(j, ownPause)
}

// wait makes j due after so long. s.mu is held; the caller arms it.
func (s *Service) wait(j *job, long time.Duration) {
	j.waits, j.due = true, time.Now().Add(long)
	j.d.NextAt = j.due.UTC()
}

// finish ends j. s.mu is held; the caller saves j.d, and then calls stored: it is
// quiet only once the store says how everything went.
func (s *Service) finish(j *job, state State, reason string) {
	if _, still := j.lane.jobs[j]; !still {
		return
	}
	delete(j.lane.jobs, j)
	if j.timer != nil {
		j.timer.Stop()
	}
	j.timer, j.waits, j.prepared = nil, false, nil
	j.d.State, j.d.Reason, j.d.NextAt, j.d.EndedAt = state, reason, time.Time{}, time.Now().UTC()
	s.counts[state]++
}

// stored takes a delivery that is over, and stored as that, off those that are
// pending. s.mu is held.
func (s *Service) stored() {
	s.pending--
	s.checkQuiet()
}

func abandoned(d Delivery, reason string) Delivery {
	d.State, d.Reason, d.NextAt, d.EndedAt = Abandoned, reason, time.Time{}, time.Now().UTC()
	return d
}

// save stores d and tells of it.
func (s *Service) save(d Delivery) {
	if err := s.store.Update(d); err != nil {
		s.o.Log.Error("a delivery could not be stored", "delivery", d.ID, "error", err)
	}
	s.bus.tell(func() Update { return Update{Kind: DeliverySet, Delivery: d.summary()} })
}

// abandon ends, of l, what waits for its next attempt and is refused now, and
// returns it for saving. What is under way is decided on when it comes back.
// s.mu is held.
func (s *Service) abandon(l *lane) []*job {
	var gone []*job
	keep := l.ready[:0]
	for _, j := range l.ready {
		if l.refusal(j) == "" {
			keep = append(keep, j)
		} else {
			gone = append(gone, j)
		}
	}
	l.ready = keep
	for j := range l.jobs {
		if j.waits && l.refusal(j) != "" {
			gone = append(gone, j)
		}
	}
	for _, j := range gone {
		s.finish(j, Abandoned, l.refusal(j))
	}
	return gone
}

// saveAll saves jobs that abandon returned. No lock is held.
func (s *Service) saveAll(jobs []*job) {
	for _, j := range jobs {
		s.save(j.d)
		s.mu.Lock()
		s.stored()
		s.mu.Unlock()
		j.ask.over(j.d, j.attempts)
	}
}
