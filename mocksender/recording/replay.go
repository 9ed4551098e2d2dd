package recording

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrRedacted is wrapped by Replay's error about a record that holds a redacted
// value, if the options do not give another.
var ErrRedacted = errors.New("recording: the recording holds a redacted value")

// ReplayOptions say how a recording is sent again.
type ReplayOptions struct {
	// Sender says how the requests are sent: Timeout, MaxAnswer, MaxHeader,
	// RootCAs, Insecure, Proxy, Dial, Faults and FaultSeed. What concerns
	// signing, ids and retries has no meaning here and is not used.
	Sender mocksender.Options
	// URL is sent to in place of each record's own. Empty: that.
	URL string
	// Header is put in place of recorded fields, under the same rules as
	// Delivery.Header. A recording with redacted fields needs it.
	Header http.Header
	// FirstAttemptsOnly leaves out the retries, as if nothing had gone wrong,
	// and sends first attempts that a fault kept from the target.
	FirstAttemptsOnly bool
	// Speed is how fast the time of the recording passes: 1 as it was, 60 a
	// minute a second. 0: at once, in the order of the recording.
	Speed float64
	// Concurrency is how many requests are under way at a time, at most. Zero:
	// one at Speed 0, so that the order is kept, else DefaultConcurrency.
	Concurrency int
	// OnAttempt is called after each request, by several goroutines at a time.
	// The Head of its Request is valid until OnAttempt returns. Nil: nothing is
	// called.
	OnAttempt func(Record, mocksender.Attempt)
}

// ReplayResult is the account of a replay.
type ReplayResult struct {
	Records int // read so far
	Sent    int // the sum of Statuses and Errors
	// Unreached attempts were left out because a fault had kept them from the
	// target, Retries because of FirstAttemptsOnly.
	Unreached, Retries int

	Statuses map[int]int              // answers by status
	Errors   map[mocksender.Class]int // requests without an answer, by what went wrong
	// Same and Changed count the answers whose status, or kind of error, is
	// the recorded one or another. Requests without a recorded one are in
	// neither.
	Same, Changed int

	Took time.Duration
	// Behind is the longest time by which a request went out later than Speed
	// asks for: more Concurrency may help.
	Behind time.Duration
}

// Replay sends each record once more, byte for byte: its method, the fields in
// their spelling, its body and framing. Nothing is signed, and no request is
// tried again: a retry of the recording is a request of its own. What a fault
// kept from the target is left out, so that the target sees what it saw.
//
// An error comes from records, or says that a record could not be sent: there
// is no usable URL (mocksender.ErrURL), or a redacted value (ErrRedacted). It
// is never about the target's answers. If ctx ends first, the error wraps its
// cause. The result says in any case what happened until then.
func Replay(ctx context.Context, records iter.Seq2[Record, error], o ReplayOptions) (ReplayResult, error) {
	p, err := newReplay(o)
	if err != nil {
		return ReplayResult{}, err
	}
	defer p.sender.Close()
	var wg sync.WaitGroup
	var left atomic.Bool // some of what was read was not sent
	for range p.o.Concurrency {
		wg.Go(func() {
			for job := range p.jobs {
				p.take(job)
				if ctx.Err() != nil {
					left.Store(true)
					continue
				}
				p.send(ctx, job)
			}
		})
	}
	start := time.Now()
	err = p.dispatch(ctx, records)
	close(p.jobs)
	wg.Wait()
	p.result.Took = time.Since(start)
	if err == nil && (left.Load() || p.result.Errors[mocksender.ClassCanceled] > 0) {
		err = ended(ctx)
	}
	return p.result, err
}

// replay is a replay under way.
type replay struct {
	o      ReplayOptions // filled
	sender *mocksender.Sender
	jobs   chan replayJob
	ahead  atomic.Int64              // bytes of the bodies in jobs
	room   chan struct{}             // gets a value when less than half is ahead
	spare  chan *mocksender.Prepared // requests that are over, whose memory the next can have

	mu     sync.Mutex // guards result
	result ReplayResult
}

// replayJob is one request to send.
type replayJob struct {
	record   Record
	prepared *mocksender.Prepared
	due      time.Time // zero: any time
}

func newReplay(o ReplayOptions) (*replay, error) {
	switch {
	case !(o.Speed >= 0) || math.IsInf(o.Speed, 0):
		return nil, fmt.Errorf("%w: the speed %v, want 0 or more", mocksender.ErrOptions, o.Speed)
	case o.Concurrency < 0:
		return nil, fmt.Errorf("%w: the concurrency %d is negative", mocksender.ErrOptions, o.Concurrency)
	case o.Concurrency == 0 && o.Speed == 0:
		o.Concurrency = 1
	case o.Concurrency == 0:
		o.Concurrency = mocksender.DefaultConcurrency
	}
	if err := header.Check(o.Header); err != nil {
		return nil, fmt.Errorf("%w: %w", mocksender.ErrOptions, err)
	}
	if o.URL != "" {
		if _, err := parseTarget(o.URL); err != nil {
			return nil, err
		}
	}
	o.Sender.Keys = rtk.NewKeyring(nil) // nothing is signed, so none is made
	o.Sender.OnAttempt = nil
	o.Sender.Concurrency = o.Concurrency
	s, err := mocksender.New(o.Sender)
	if err != nil {
		return nil, err
	}
	return &replay{
		o: o, sender: s, jobs: make(chan replayJob, maxAhead), room: make(chan struct{}, 1),
		spare:  make(chan *mocksender.Prepared, maxAhead),
		result: ReplayResult{Statuses: map[int]int{}, Errors: map[mocksender.Class]int{}},
	}, nil
}

// dispatch hands the records out, each at its time, until they end, one cannot
// be sent, or ctx ends.
func (p *replay) dispatch(ctx context.Context, records iter.Seq2[Record, error]) error {
	if p.o.Speed > 0 {
		records = byTime(records)
	}
	clock := replayClock{speed: p.o.Speed}
	for record, err := range records {
		if err != nil {
			return err
		}
		if p.leaveOut(record) {
			continue
		}
		prepared, err := p.prepare(record)
		if err != nil && record.Line > 0 {
			err = fmt.Errorf("%w (line %d of the recording)", err, record.Line)
		}
		if err != nil {
			return err
		}
		job := replayJob{record, prepared, clock.due(record)}
		if !job.due.IsZero() {
			select {
			case <-time.After(time.Until(job.due)):
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return ended(ctx)
		}
		if !p.enqueue(ctx, job) {
			return ended(ctx)
		}
	}
	return nil
}

// What is read ahead of the requests at most, so that none waits for its record.
const (
	maxAhead      = 256
	maxAheadBytes = 8 << 20
)

// enqueue hands out a job once there is room for it, and reports whether ctx
// allowed that. Where there is none it waits for half of it: to wake the reader for
// each record would take longer than to read the record.
func (p *replay) enqueue(ctx context.Context, job replayJob) bool {
	for len(p.jobs) == maxAhead || p.ahead.Load() > maxAheadBytes {
		select {
		case <-p.room:
		case <-ctx.Done():
			return false
		}
	}
	p.ahead.Add(int64(len(job.record.Body)))
	p.jobs <- job
	return true
}

// take notes that job is not ahead any more.
func (p *replay) take(job replayJob) {
	bytes := p.ahead.Add(-int64(len(job.record.Body)))
	if len(p.jobs) > maxAhead/2 || bytes > maxAheadBytes/2 {
		return
	}
	select {
	case p.room <- struct{}{}:
	default:
	}
}

func ended(ctx context.Context) error {
	return fmt.Errorf("recording: the replay was ended: %w", context.Cause(ctx))
}

// leaveOut counts record and reports whether it is not to be sent.
func (p *replay) leaveOut(record Record) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Records++
	switch d := record.delivery(); {
	case p.o.FirstAttemptsOnly && d.Attempt > 1:
		p.result.Retries++
		return true
	case !p.o.FirstAttemptsOnly && d.Unreached:
		p.result.Unreached++
		return true
	}
	return false
}

// prepare lays out the bytes of record.
func (p *replay) prepare(record Record) (*mocksender.Prepared, error) {
	w := &mutation.Wire{
		Method: record.Method, URL: cmp.Or(p.o.URL, record.URL),
		Header: record.Header, Body: record.Body, Framing: record.Framing,
	}
	if len(p.o.Header) > 0 {
		w.Header = http.Header{}
		maps.Copy(w.Header, record.Header)
		header.Overlay(w.Header, p.o.Header)
	}
	if err := checkRedacted(w); err != nil {
		return nil, err
	}
	prepared, err := p.layOut(w)
	d := record.delivery()
	prepared.Delivery.UUID, prepared.Delivery.Event.Type = d.UUID, d.Event
	return prepared, err
}

// layOut lays out w, in the memory of a request that is over where there is one.
func (p *replay) layOut(w *mutation.Wire) (*mocksender.Prepared, error) {
	select {
	case spare := <-p.spare:
		return spare, spare.Reuse(w)
	default:
		return p.sender.PrepareRaw(w)
	}
}

// checkRedacted refuses to send a redacted value as if it were a real one.
func checkRedacted(w *mutation.Wire) error {
	if strings.Contains(w.URL, redact.Mark) {
		return fmt.Errorf("%w: the URL, so give one", ErrRedacted)
	}
	first := ""
	for name, values := range w.Header {
		if slices.Contains(values, redact.Mark) && (first == "" || name < first) {
			first = name
		}
	}
	if first != "" {
		return fmt.Errorf("%w: the header %s, so give one", ErrRedacted, first)
	}
	return nil
}

// send sends one request and counts it.
func (p *replay) send(ctx context.Context, job replayJob) {
	a := job.prepared.Try(ctx, max(job.record.delivery().Attempt, 1))
	p.count(job, a)
	if p.o.OnAttempt != nil {
		p.o.OnAttempt(job.record, a)
	}
	select {
	case p.spare <- job.prepared:
	default:
	}
}

func (p *replay) count(job replayJob, a mocksender.Attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Sent++
	if a.Outcome.Err != nil {
		p.result.Errors[a.Outcome.Class]++
	} else {
		p.result.Statuses[a.Outcome.Status]++
	}
	if !job.due.IsZero() {
		p.result.Behind = max(p.result.Behind, a.At.Sub(job.due))
	}
	was := cmp.Or(job.record.Target, job.record.Outcome)
	switch {
	case was == nil || a.Outcome.Class == mocksender.ClassCanceled:
	case was.Status == a.Outcome.Status && was.Class == a.Outcome.Class:
		p.result.Same++
	default:
		p.result.Changed++
	}
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
	at := r.delivery().At
	if c.speed == 0 || at.IsZero() {
		return time.Time{}
	}
	if c.first.IsZero() {
		c.began, c.first = time.Now(), at
	}
	after := float64(max(at.Sub(c.first), 0)) / c.speed
	// A Duration has an end; nobody waits that long.
	return c.began.Add(time.Duration(min(after, math.MaxInt64/2)))
}

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
