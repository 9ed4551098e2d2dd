package conformance

import (
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// senders are what a run delivers with. They differ in how they take it when a
// delivery fails.
type senders struct {
	genuine    *mocksender.Sender // retries as the real sender, backs off from rate limits
	suspicious *mocksender.Sender // for what should be rejected
	plain      *mocksender.Sender // retries, but a 429 is final
	single     *mocksender.Sender // one attempt
	patient    *mocksender.Sender // for the first contact, with a target that may still be starting

	turn sync.Mutex
	last *mocksender.Sender // guarded by turn
}

// takes makes sender the one whose turn it is. In a serial run the connections
// of the one before are closed: a target that serves one connection at a time
// would wait for them, and be taken for a slow one.
func (s *senders) takes(sender *mocksender.Sender) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.last != nil && s.last != sender {
		s.last.CloseIdle()
	}
	s.last = sender
}

// bodyTime is how long the body of an answer is waited for. The status is known by
// then; the body is evidence alone.
const bodyTime = 250 * time.Millisecond

func (r *run) makeSenders() error {
	base := r.o.Sender
	base.Keys = r.endpoints.Keys
	base.WebhookID = r.o.WebhookID
	base.IDs = rtk.NewIDs(r.o.Seed, "delivery")
	base.Header = r.o.Header
	unit := backOffUnit
	if len(r.o.RetryWaits) > 0 {
		unit = r.o.RetryWaits[0]
	}
	slow := genuineRetry{r.o.Profile, unit, limitedGenuine, time.Now}
	wary := forgeryRetry{genuineRetry{mocksender.NoRetry{}, unit, limitedForged, time.Now}}
	if base.Signatures == nil {
		base.Signatures = mocksender.NewSignatures() // what two of them send is signed once
	}
	base.SelfCheck = r.checkOutgoing
	if base.BodyTime == 0 {
		base.BodyTime = bodyTime
	}
	faults := base.Faults
	base.Faults = nil
	for _, s := range []struct {
		sender  **mocksender.Sender
		timeout time.Duration
		policy  mocksender.RetryPolicy
	}{
		{&r.genuine, r.o.Timeout, slow},
		{&r.suspicious, r.o.Timeout, wary},
		{&r.plain, r.o.Timeout, r.o.Profile},
		{&r.single, r.o.Timeout, mocksender.NoRetry{}},
		{&r.patient, r.o.WarmUp, warmUpRetry{r.o.WarmUp}},
	} {
		own := base
		own.Timeout, own.Retry = s.timeout, untilExit{s.policy, r.exited}
		if s.sender == &r.genuine {
			own.Faults = faults
		}
		sender, err := mocksender.New(own)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrOptions, err)
		}
		*s.sender = sender
	}
	if r.o.Parallel == 1 {
		r.presigner.begin(r.genuine.Presign)
	}
	return nil
}

func (r *run) close() {
	r.presigner.end()
	for _, s := range []*mocksender.Sender{r.genuine, r.suspicious, r.plain, r.single, r.patient} {
		s.Close()
	}
}
