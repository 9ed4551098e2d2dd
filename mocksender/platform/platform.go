package platform

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// DefaultProcessing is what the zero value of Options.Processing stands for.
const DefaultProcessing = time.Second

// Bounds of what a Platform holds.
const (
	MaxApps         = 10_000
	MaxMeetings     = 100_000
	MaxParticipants = 1_000_000
	MaxPresets      = 10_000
	// maxMadeUp is how many meetings may be there that events or plays made up, and
	// maxMadeUpPeople with how many participants in all. More remove the oldest.
	maxMadeUp       = 256
	maxMadeUpPeople = 100_000
)

// Options say how a Platform behaves. The zero value is a useful one.
type Options struct {
	// Seed fixes ids and names. 0 is a seed like any other.
	Seed uint64
	// BaseURL begins the download and playback links: see payload.Options.
	BaseURL string
	// Processing is how long after its cause something is ready that the service
	// has to work on: an upload, a chat, a transcript, a summary. Below 0: no time.
	Processing time.Duration
	// StrictPresets refuses participants whose preset nobody has made. Without it,
	// an unknown name makes a preset, as people make them in the dashboard.
	StrictPresets bool
	// Keys signs the tokens of participants. Nil: tokens are not signed.
	Keys *rtk.Keyring
	// Commit takes what a change has caused. It is called in the order of the
	// changes, with the Platform locked, so it must neither wait nor call back. What
	// it returns is called when the lock is free, and waits until the change is
	// kept. Nil: nobody wants to know.
	Commit Commit
	// Hold is called when something begins that will end by itself within
	// Processing; it returns what to call then. Nil: nobody wants to know.
	Hold func() (release func())
	// Failed hears of changes that happened by themselves and could not be kept.
	Failed func(error)
}

// Commit takes a change; see Options.Commit.
type Commit func(Change) (wait func() error)

// Change is what one step has caused.
type Change struct {
	App     Key
	Meeting string // its id; empty if the change is of no meeting
	Events  []rtk.Event
	Records []Record
	// People returns who took part in a session of the meeting. It is of use while
	// Commit runs; nil if the change is of no meeting.
	People func(sessionID string) []artifacts.Person
}

// Record is a value to keep for Restore. Encode it at once: it is shared with the
// Platform. A nil Value removes the record.
type Record struct {
	Name  string
	Value any
}

// The errors of this package match one of these.
var (
	ErrUnknown  = errors.New("platform: not there")
	ErrConflict = errors.New("platform: not possible now")
	ErrInvalid  = errors.New("platform: not usable")
	ErrFull     = errors.New("platform: too many")
)

// Platform holds the state. Its methods are safe for concurrent use. Make one
// with New, and Close it in the end.
type Platform struct {
	o Options

	mu       sync.Mutex
	closed   bool
	offset   time.Duration // of Now from the machine's clock
	starts   uint64        // how often the state began or was restored
	made     uint64        // of all kinds; it goes on after a Restore
	ids      *rtk.IDs
	apps     map[Key]*app
	order    []*app
	meetings int
	people   map[string]*participant // by id
	madeUp   []*meeting              // the oldest first
	schedule schedule
	noted    []Record // for the next commit
}

// New returns a Platform without any app.
func New(o Options) *Platform {
	o.Processing = max(0, cmp.Or(o.Processing, DefaultProcessing))
	if o.Commit == nil {
		o.Commit = func(Change) func() error { return func() error { return nil } }
	}
	if o.Hold == nil {
		o.Hold = func() func() { return func() {} }
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	p := &Platform{o: o}
	p.empty()
	return p
}

// empty removes everything. What is made from then on has ids that nothing before
// had. p.mu is held, or nobody else has p.
func (p *Platform) empty() {
	p.starts++
	p.ids = newIDs(p)
	p.apps, p.order, p.people, p.madeUp, p.meetings = map[Key]*app{}, nil, map[string]*participant{}, nil, 0
	p.schedule.clear()
}

func newIDs(p *Platform) *rtk.IDs { return rtk.NewIDs(p.o.Seed, fmt.Sprintf("platform/%d", p.starts)) }

// Close stops what would still happen by itself.
func (p *Platform) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.schedule.clear()
}

// Now returns the time of the platform, in UTC.
func (p *Platform) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

func (p *Platform) now() time.Time { return time.Now().Add(p.offset).UTC().Truncate(time.Millisecond) }

// maxAdvance bounds one call of Advance.
const maxAdvance = 10 * 366 * 24 * time.Hour

// Advance moves the time forward. What is due by then happens at once, each at
// its own time. Errors match ErrInvalid.
func (p *Platform) Advance(d time.Duration) error {
	p.mu.Lock()
	if d < 0 || d > maxAdvance || p.offset > maxAdvance {
		p.mu.Unlock()
		return fmt.Errorf("%w: the clock cannot move by %v, want 0 to %v", ErrInvalid, d, maxAdvance)
	}
	to := p.now().Add(d)
	var waits []func() error
	for due, ok := p.schedule.next(to); ok; due, ok = p.schedule.next(to) {
		p.offset += max(0, due.At.Sub(p.now()))
		waits = append(waits, p.happen(due))
	}
	p.offset += max(0, to.Sub(p.now()))
	wait := p.commit(Change{Records: []Record{p.record()}})
	p.arm()
	p.mu.Unlock()
	var err error
	for _, w := range append(waits, wait) {
		err = errors.Join(err, w())
	}
	return err
}

// NewID returns an id that nothing else has.
func (p *Platform) NewID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ids.Next()
}

// commit hands a change over. p.mu is held.
func (p *Platform) commit(c Change) (wait func() error) {
	c.Records = append(p.noted, c.Records...)
	c.People = p.peopleFor(c)
	if p.noted = nil; c.Events == nil && c.Records == nil {
		return func() error { return nil }
	}
	return p.o.Commit(c)
}

// place returns the place of something in the order of creation: the one that it
// had before, or the next one. p.mu is held.
func (p *Platform) place(before uint64) uint64 {
	if p.made = max(p.made, before); before > 0 {
		return before
	}
	p.made++
	return p.made
}

// peopleFor returns Change.People.
func (p *Platform) peopleFor(c Change) func(string) []artifacts.Person {
	m := p.known(c.App).byID[c.Meeting]
	if m == nil {
		return nil
	}
	return func(sessionID string) []artifacts.Person {
		if s := m.session(sessionID); s != nil {
			return m.peopleOf(s)
		}
		return nil
	}
}

// seed returns the seed of something that text names.
func (p *Platform) seed(text string) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", p.o.Seed, p.starts, text))
	return binary.BigEndian.Uint64(sum[:])
}

// derivedID returns an id that follows from texts alone.
func derivedID(texts ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", texts))
	return rtk.NewIDs(binary.BigEndian.Uint64(sum[:]), "platform/derived").Next()
}

// stateError gives the errors of a meeting's steps the kinds of this package.
func stateError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, payload.ErrState):
		return fmt.Errorf("%w: %s", ErrConflict, plain(err))
	case errors.Is(err, payload.ErrParticipant), errors.Is(err, payload.ErrOptions):
		return fmt.Errorf("%w: %s", ErrInvalid, plain(err))
	}
	return err
}

// timeLayout is that of the API and of the guide's samples.
const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// stampOrNull returns nil for the zero time.
func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}
