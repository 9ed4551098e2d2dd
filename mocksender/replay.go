package mocksender

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrRedacted is wrapped by Replay's error about a record that holds a
// redacted value in place of which none was given.
var ErrRedacted = errors.New("mocksender: the recording holds a redacted value")

// ReplayOptions say how a recording is sent again.
type ReplayOptions struct {
	// Sender says how the requests are sent: Timeout, MaxAnswer, MaxHeader,
	// RootCAs, Insecure, Proxy, Dial, Faults and FaultSeed. What concerns
	// signing, ids and retries has no meaning here and is not used.
	Sender Options
	// URL is sent to in place of each record's own. Empty: that.
	URL string
	// Header is put in place of recorded fields, under the same rules as
	// Delivery.Header. A recording with redacted fields needs it.
	Header http.Header
	// FirstAttemptsOnly leaves out the retries, as if all had been well, and
	// sends first attempts that a fault kept from the target.
	FirstAttemptsOnly bool
	// Speed is how fast the time of the recording passes: 1 as it was, 60 a
	// minute a second. 0: at once, in the order of the recording.
	Speed float64
	// Concurrency is how many requests are under way at a time, at most. Zero:
	// one at Speed 0, so that the order is kept, else DefaultConcurrency.
	Concurrency int
	// OnAttempt is called after each request, by several goroutines at a time.
	// Nil: nothing is called.
	OnAttempt func(Record, Attempt)
}

// ReplayResult is the account of a replay.
type ReplayResult struct {
	Records int // read so far
	Sent    int // the sum of Statuses and Errors
	// Unreached attempts were left out because a fault had kept them from the
	// target, Retries because of FirstAttemptsOnly.
	Unreached, Retries int

	Statuses map[int]int   // answers by status
	Errors   map[Class]int // requests without an answer, by what went wrong
	// Same and Changed count the answers whose status, or kind of error, is
	// and is not the recorded one. Requests of which none is recorded are in
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
// An error is one of records or means that a record could not be sent: there
// is no usable URL (ErrURL), or a redacted value (ErrRedacted). It is never
// about the target's answers. If ctx ends first, the error wraps its cause.
// The result is the account up to there in any case.
func Replay(ctx context.Context, records iter.Seq2[Record, error], o ReplayOptions) (ReplayResult, error) {
	p, err := newReplay(o)
	if err != nil {
		return ReplayResult{}, err
	}
	defer p.sender.Close()
	var wg sync.WaitGroup
	for range p.o.Concurrency {
		wg.Go(func() {
			for job := range p.jobs {
				p.send(ctx, job)
			}
		})
	}
	start := time.Now()
	err = p.dispatch(ctx, records)
	close(p.jobs)
	wg.Wait()
	p.result.Took = time.Since(start)
	if err == nil && p.result.Errors[ClassCanceled] > 0 {
		err = ended(ctx)
	}
	return p.result, err
}

// replay is a replay under way.
type replay struct {
	o      ReplayOptions // filled
	sender *Sender
	jobs   chan replayJob

	mu     sync.Mutex // guards result
	result ReplayResult
}

// replayJob is one request to send.
type replayJob struct {
	record Record
	q      *request
	due    time.Time // zero: any time
}

func newReplay(o ReplayOptions) (*replay, error) {
	switch {
	case !(o.Speed >= 0) || math.IsInf(o.Speed, 0):
		return nil, fmt.Errorf("%w: the speed %v, want 0 or more", ErrOptions, o.Speed)
	case o.Concurrency < 0:
		return nil, fmt.Errorf("%w: the concurrency %d is negative", ErrOptions, o.Concurrency)
	case o.Concurrency == 0 && o.Speed == 0:
		o.Concurrency = 1
	case o.Concurrency == 0:
		o.Concurrency = DefaultConcurrency
	}
	if err := checkFields(o.Header); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if o.URL != "" {
		if _, err := parseTarget(o.URL); err != nil {
			return nil, err
		}
	}
	o.Sender.Keys = rtk.NewKeyring(nil) // nothing is signed, so none is made
	o.Sender.Concurrency = o.Concurrency
	s, err := New(o.Sender)
	if err != nil {
		return nil, err
	}
	return &replay{
		o: o, sender: s, jobs: make(chan replayJob),
		result: ReplayResult{Statuses: map[int]int{}, Errors: map[Class]int{}},
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
		q, err := p.prepare(record)
		if err != nil {
			return err
		}
		job := replayJob{record: record, q: q, due: clock.due(record)}
		if !job.due.IsZero() {
			pause(ctx, time.Until(job.due))
		}
		if ctx.Err() != nil {
			return ended(ctx)
		}
		select {
		case p.jobs <- job:
		case <-ctx.Done():
			return ended(ctx)
		}
	}
	return nil
}

func ended(ctx context.Context) error {
	return fmt.Errorf("mocksender: the replay was ended: %w", context.Cause(ctx))
}

// leaveOut counts record and reports whether it is not to be sent.
func (p *replay) leaveOut(record Record) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Records++
	d := record.Delivery
	switch {
	case d == nil:
		return false
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
func (p *replay) prepare(record Record) (*request, error) {
	w := &mutation.Wire{Method: record.Method, URL: record.URL, Header: record.Header, Body: record.Body, Framing: record.Framing}
	if p.o.URL != "" {
		w.URL = p.o.URL
	}
	if len(p.o.Header) > 0 {
		w.Header = w.Header.Clone()
		if w.Header == nil {
			w.Header = http.Header{}
		}
		header.Overlay(w.Header, p.o.Header)
	}
	if err := redactions(w); err != nil {
		return nil, about(record, err)
	}
	q, err := p.sender.layOut(w)
	if err != nil {
		return nil, about(record, err)
	}
	return q, nil
}

// redactions refuses to send a redacted value as if it were one.
func redactions(w *mutation.Wire) error {
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

// about says which record err is about.
func about(record Record, err error) error {
	if record.Line == 0 {
		return err
	}
	return fmt.Errorf("%w (line %d of the recording)", err, record.Line)
}

// send sends one request and takes account of it.
func (p *replay) send(ctx context.Context, job replayJob) {
	var d RecordDelivery
	if job.record.Delivery != nil {
		d = *job.record.Delivery
	}
	a := Attempt{N: max(d.Attempt, 1), At: time.Now(), Request: job.q.Request}
	fault := p.sender.o.Faults.selectFault(p.sender.o.FaultSeed, d.UUID, d.Event, a.N)
	p.sender.attemptWithFault(ctx, job.q, fault, &a)
	p.count(job, a)
	if p.o.OnAttempt != nil {
		p.o.OnAttempt(job.record, a)
	}
}

func (p *replay) count(job replayJob, a Attempt) {
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
	was := job.record.Outcome
	if job.record.Target != nil {
		was = job.record.Target
	}
	switch {
	case was == nil || a.Outcome.Class == ClassCanceled:
	case was.Status == a.Outcome.Status && was.Class == a.Outcome.Class:
		p.result.Same++
	default:
		p.result.Changed++
	}
}
