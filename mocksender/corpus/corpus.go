package corpus

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What the zero values of Options stand for, and limits.
const (
	DefaultURL = "http://127.0.0.1:3000/webhook"
	// Apart is the time from the start of one meeting to the start of the next.
	Apart = time.Minute
	// MaxCount limits how far the last meeting is from the first: 191 years.
	MaxCount = 100_000_000
)

// maxYear leaves room for a meeting and its links before years need five
// digits.
const maxYear = 9980

// ErrOptions is wrapped by the errors of New.
var ErrOptions = errors.New("corpus: unusable options")

// ErrNothing is wrapped by New's error where no event has any of the cases.
var ErrNothing = errors.New("corpus: nothing is selected")

// ErrStart is wrapped by New's error, beside ErrOptions, if Start puts a meeting
// into a year that cannot be written.
var ErrStart = errors.New("the start is out of range")

// Options fix a corpus.
type Options struct {
	// Key signs. It must be there unless Sign is.
	Key *rsa.PrivateKey
	// Sign signs in place of Key. Several goroutines call it at a time, once for
	// each request. It must not keep body.
	Sign func(body []byte) (string, error)
	// Seed fixes names, ids, tokens and sizes. 0 is a seed like any other.
	Seed uint64
	// Start is when the first meeting begins. Each of the others begins Apart
	// later than the one before. Zero: payload.DefaultStart.
	Start time.Time
	// Cases are the names of the cases to render, in turn. None: whole meetings
	// from start to summary, one after another.
	Cases []string
	// Events are the types to keep. None: all.
	Events []rtk.EventType
	// Count is how many requests there are, at most MaxCount. Zero: one
	// meeting, or each case once.
	Count int
	// URL is where the requests go. Empty: DefaultURL.
	URL string
	// BaseURL is the prefix of the download links. Empty: payload's.
	BaseURL string
	// WebhookID is the rtk-webhook-id of all requests. Empty: one of the seed.
	WebhookID string
	// Workers is how many goroutines sign. Zero: as many as there are cores.
	Workers int
}

// Request is one signed request of a corpus.
type Request struct {
	N         int // from 1
	Event     rtk.EventType
	Case      string // empty in whole meetings
	UUID      string
	Signature string
	Start     time.Time // of its meeting
	recording.Record
}

// Corpus is a sequence of signed requests. It does not change and is safe for
// concurrent use. Make one with New.
type Corpus struct {
	o     Options // filled
	cases []Case  // none: whole meetings
	total int
}

// New checks the options. Errors match ErrOptions or ErrNothing.
func New(o Options) (*Corpus, error) {
	c := &Corpus{o: o}
	if err := c.fill(); err != nil {
		return nil, err
	}
	if y := c.o.Start.UTC().Year(); y < 1 || y > maxYear {
		return nil, fmt.Errorf("%w: %w: it is in the year %d, want 1 to %d", ErrOptions, ErrStart, y, maxYear)
	}
	round := 0
	for _, err := range c.round(0) {
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOptions, err)
		}
		round++
	}
	if round == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNothing, c.selection())
	}
	if c.total = o.Count; c.total == 0 {
		c.total = round
	}
	last := c.o.Start.Add(time.Duration((c.total-1)/round) * Apart)
	if y := last.UTC().Year(); y > maxYear {
		return nil, fmt.Errorf("%w: %w: the last meeting is in the year %d, want %d at most", ErrOptions, ErrStart, y, maxYear)
	}
	return c, nil
}

// Len returns how many requests there are.
func (c *Corpus) Len() int { return c.total }

// Start returns when the first meeting begins.
func (c *Corpus) Start() time.Time { return c.o.Start }

func (c *Corpus) fill() error {
	o := &c.o
	switch {
	case o.Key == nil && o.Sign == nil:
		return fmt.Errorf("%w: there is no key", ErrOptions)
	case o.Count < 0 || o.Count > MaxCount:
		return fmt.Errorf("%w: Count is %d, want 0 to %d", ErrOptions, o.Count, MaxCount)
	case o.Workers < 0:
		return fmt.Errorf("%w: Workers is %d, want 0 or more", ErrOptions, o.Workers)
	}
	if o.Sign == nil {
		o.Sign = func(body []byte) (string, error) { return rtk.Sign(o.Key, body) }
	}
	if o.URL == "" {
		o.URL = DefaultURL
	}
	// Written once, so that a URL that cannot be sent to is found here.
	if _, err := (recording.Record{Method: "POST", URL: o.URL}).AppendHTTP(nil); err != nil {
		return fmt.Errorf("%w: URL: %w", ErrOptions, err)
	}
	if o.WebhookID == "" {
		o.WebhookID = rtk.NewIDs(o.Seed, "webhook").Next()
	}
	if o.Start.IsZero() {
		o.Start, _ = time.Parse(time.RFC3339, payload.DefaultStart) // it is a time
	}
	for _, name := range o.Cases {
		if !slices.ContainsFunc(Cases(), func(k Case) bool { return k.Name == name }) {
			return fmt.Errorf("%w: unknown case %q, want one of %s", ErrOptions, name, strings.Join(CaseNames(), ", "))
		}
	}
	for _, k := range Cases() {
		if slices.Contains(o.Cases, k.Name) && c.keeps(k.Event) {
			c.cases = append(c.cases, k)
		}
	}
	return nil
}

func (c *Corpus) keeps(t rtk.EventType) bool {
	return len(c.o.Events) == 0 || slices.Contains(c.o.Events, t)
}

// selection says what Options select, where there is nothing like that.
func (c *Corpus) selection() string {
	var events []string
	for _, e := range c.o.Events {
		events = append(events, string(e))
	}
	return fmt.Sprintf("no event of %s has a case of %s", strings.Join(events, ", "), strings.Join(c.o.Cases, ", "))
}

// rendered is an event that is not signed yet.
type rendered struct {
	rtk.Event
	of    Case // zero in whole meetings
	start time.Time
}

// round returns the events of meeting i, or one event of each case.
func (c *Corpus) round(i int) iter.Seq2[rendered, error] {
	const odd = 0x9e3779b97f4a7c15 // a step that visits every seed before it repeats one
	r := newRound(payload.Options{
		Seed:    c.o.Seed + uint64(i)*odd,
		Start:   c.o.Start.Add(time.Duration(i) * Apart),
		BaseURL: c.o.BaseURL,
	})
	return func(yield func(rendered, error) bool) {
		if len(c.o.Cases) > 0 {
			for _, k := range c.cases {
				body, err := k.make(r)
				if !yield(rendered{rtk.Event{Type: k.Event, Body: body}, k, r.o.Start}, err) {
					return
				}
			}
			return
		}
		events, err := r.lifecycle()
		if err != nil {
			yield(rendered{}, err)
			return
		}
		for _, e := range events {
			if c.keeps(e.Type) && !yield(rendered{Event: e, start: r.o.Start}, nil) {
				return
			}
		}
	}
}

// events returns all events of the corpus.
func (c *Corpus) events() iter.Seq2[rendered, error] {
	return func(yield func(rendered, error) bool) {
		n := 0
		for i := 0; ; i++ {
			for e, err := range c.round(i) {
				if n == c.total || !yield(e, err) {
					return
				}
				n++
			}
		}
	}
}
