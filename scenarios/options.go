package scenarios

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// What the zero values of Options stand for.
const (
	DefaultConcurrency = 16
	DefaultEvidence    = 3
	// DefaultRetryScale shortens the waits of the retry profile, so that nobody
	// waits for them.
	DefaultRetryScale = 0.1
)

// ErrOptions is wrapped by the errors of Play about Options.
var ErrOptions = errors.New("scenarios: unusable options")

// Sender makes deliveries, as *mocksender.Sender does.
type Sender interface {
	Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error)
}

// AheadSender is a Sender that can tell early that the next step need not wait.
type AheadSender interface {
	Sender
	// SendAhead is Send. It may call goOn, once, before the delivery is over: the
	// play goes on then, and judges the delivery when it is.
	SendAhead(ctx context.Context, url string, d mocksender.Delivery, goOn func()) (mocksender.Receipt, error)
}

// Options say how a scenario is played. URL is required; the zero values of
// the others are useful.
type Options struct {
	// URL is the target.
	URL string
	// Sender says how deliveries are made. Some of its zero values mean something
	// else than in mocksender: Retry is the profile cloudflare with its waits
	// scaled by DefaultRetryScale, Keys are those of the option Keys, Health is
	// what the script says (see reduce in its schema), and WebhookID, IDs and
	// FaultSeed follow from the seed. OnAttempt is called as in mocksender.
	Sender mocksender.Options
	// NewSender makes the sender from the options that Play has completed. They
	// include an OnAttempt that Play needs. Nil: mocksender.New makes it, and it
	// is closed when the play is over.
	NewSender func(mocksender.Options) (Sender, error)

	// Payload fixes the meetings: Seed, Start, BaseURL and the ids. A title here
	// replaces the script's, and forms are added to the script's. The duration
	// comes from the script alone. An id applies to all meetings of a script;
	// without one, each has its own.
	Payload payload.Options
	// Host has the meetings. Nil: the play has its own.
	Host Host
	// Happened is told of each event that a meeting causes, sent or not, as it happens.
	// Calls may come at the same time. Nil: nobody wants to know.
	Happened func(...rtk.Event)
	// Mutations are for the steps with mutate.
	Mutations mutation.Options

	// Keys is the endpoint that serves the public key, for the script's key
	// steps. Nil: a script with such steps cannot be played.
	Keys *wellknown.Server
	// API is the REST API, for the script's api steps. Nil: a script with such steps
	// cannot be played.
	API *rest.Server
	// NewKey makes the key that is rotated to. Nil: rtk.GenerateKey.
	NewKey func() (*rsa.PrivateKey, error)

	// Events are the events that the webhook is subscribed to: "Your endpoint
	// receives only the events included in the webhook's events array." Others
	// happen and are not delivered. Empty: all.
	Events []rtk.EventType
	// Speed is how fast the meeting's time passes: 1 as it was, 60 a minute a
	// second, 0 at once.
	Speed float64
	// Concurrency is how many deliveries may be under way at a time, if the
	// script does not say. Deliveries released together and retries in the
	// background are not counted. 0: DefaultConcurrency.
	Concurrency int
	// Evidence is how many receipts of unmet expectations the result keeps for
	// each step. 0: DefaultEvidence; below 0: none.
	Evidence int

	// Progress is called with what happens, one call at a time. The goroutines of
	// the play wait for it, so it must not wait for the play. Nil: nothing is
	// called.
	Progress func(Update)
}

// withDefaults returns o with its zero values replaced, for s.
func (o Options) withDefaults(s *Scenario) (Options, error) {
	switch {
	case o.URL == "":
		return o, fmt.Errorf("%w: no URL", ErrOptions)
	case !(o.Speed >= 0):
		return o, fmt.Errorf("%w: the speed %v is negative", ErrOptions, o.Speed)
	case o.Concurrency < 0:
		return o, fmt.Errorf("%w: the concurrency %d is negative", ErrOptions, o.Concurrency)
	case o.Keys == nil && s.NeedsKeys():
		return o, fmt.Errorf("%w: %s changes the key or its endpoint, and there is none to change", ErrOptions, s.Name)
	case o.API == nil && s.NeedsAPI():
		return o, fmt.Errorf("%w: %s lets the REST API fail, and there is none", ErrOptions, s.Name)
	case o.Keys != nil && o.Sender.Keys != nil && o.Sender.Keys != o.Keys.Keys():
		return o, fmt.Errorf("%w: the sender signs with another keyring than the key endpoint serves", ErrOptions)
	}
	for _, e := range o.Events {
		if _, err := rtk.ParseEventType(string(e)); err != nil {
			return o, fmt.Errorf("%w: %w", ErrOptions, err)
		}
	}
	var err error
	if o.Payload, err = s.options(o.Payload); err != nil {
		return o, err
	}
	o.Concurrency = cmp.Or(o.Concurrency, DefaultConcurrency)
	o.Evidence = cmp.Or(o.Evidence, DefaultEvidence)
	if o.Happened == nil {
		o.Happened = func(...rtk.Event) {}
	}
	if o.NewKey == nil {
		o.NewKey = rtk.GenerateKey
	}
	o.setSender(s)
	return o, nil
}

func (o *Options) setSender(s *Scenario) {
	seed := o.Payload.Seed
	if o.Sender.Retry == nil {
		o.Sender.Retry = mocksender.Profiles()[0].Scaled(DefaultRetryScale)
	}
	if o.Sender.Keys == nil && o.Keys != nil {
		o.Sender.Keys = o.Keys.Keys()
	}
	o.Sender.Health = cmp.Or(o.Sender.Health, s.Reduce)
	o.Sender.WebhookID = cmp.Or(o.Sender.WebhookID, rtk.NewIDs(seed, "webhook").Next())
	o.Sender.IDs = cmp.Or(o.Sender.IDs, rtk.NewIDs(seed, "scenarios/spare"))
	o.Sender.FaultSeed = cmp.Or(o.Sender.FaultSeed, seed)
	o.Sender.Concurrency = cmp.Or(o.Sender.Concurrency, max(o.Concurrency, mocksender.DefaultConcurrency))
}

// options returns what fixes the script's meetings, given the player's options.
func (s *Scenario) options(o payload.Options) (payload.Options, error) {
	o.Title = cmp.Or(o.Title, s.meeting.title)
	o.Duration = s.meeting.duration
	o.Forms = slices.Clone(o.Forms)
	for _, form := range s.meeting.forms {
		if !slices.Contains(o.Forms, form) {
			o.Forms = append(o.Forms, form)
		}
	}
	m, err := payload.New(o)
	if err != nil {
		return o, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	o.Start = m.Now() // where Start is zero, the default
	return o, nil
}
