package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// ErrSelfCheck is wrapped by errors about what the harness itself has made.
var ErrSelfCheck = errors.New("self-check")

// declaration is what a Session says of a delivery. The self-check holds the
// delivery to it.
type declaration struct {
	kind  exchange.Kind
	made  rtk.Event    // the event before the user's changes
	valid func() error // whether that has the shape of the check's events; nil: any shape
}

// declare makes d ready to be sent, also more than once.
func (s *Session) declare(kind exchange.Kind, d mocksender.Delivery) mocksender.Delivery {
	declared := declaration{kind: kind, made: d.Event}
	if s.valid != nil {
		declared.valid = sync.OnceValue(func() error { return s.valid(declared.made) })
	}
	d.Declared = declared
	d.Event.Body = s.c.override(d.Event.Body)
	s.c.o.Sends(d.Event)
	return d
}

// selfCheck looks at each delivery right before it goes out: a verdict on
// something that the harness got wrong is worse than none. It is the only place
// where this is done, and no way to the target leads around it.
//
// The event has to have the shape that the check declares. The genuine twin has to
// be signed by the key that the target can fetch. A forgery may differ from its
// twin only as it declares, and no signature of it may verify: the target would be
// blamed for accepting a genuine delivery.
func (c *Client) selfCheck(i mocksender.Outgoing) error {
	d, ok := i.Delivery.Declared.(declaration)
	if !ok {
		return fmt.Errorf("%w: nobody has declared what this delivery is", ErrSelfCheck)
	}
	if err := c.checkEvent(d, i.Delivery.Event); err != nil {
		return err
	}
	key, err := c.o.Sender.Keys.Key()
	if err != nil {
		return err
	}
	if !i.Key.Equal(&key.PublicKey) {
		return fmt.Errorf("%w: it is signed by another key than the target is given", ErrSelfCheck)
	}
	if err := mocksender.SelfCheck(i); err != nil {
		return err
	}
	if d.kind.Forged() {
		if err := checkForged(i); err != nil {
			return err
		}
	}
	if c.o.Sender.SelfCheck == nil {
		return nil
	}
	return c.o.Sender.SelfCheck(i)
}

func (c *Client) checkEvent(d declaration, sent rtk.Event) error {
	if d.valid != nil {
		if err := d.valid(); err != nil {
			return fmt.Errorf("%w: %w", ErrSelfCheck, err)
		}
	}
	if !bytes.Equal(sent.Body, c.override(d.made.Body)) {
		return fmt.Errorf("%w: the event is not the one that was made", ErrSelfCheck)
	}
	if d.valid != nil && !bytes.Equal(sent.Body, d.made.Body) && sent.Type.Known() && schemas.Validate(string(sent.Type), schemas.Open, sent.Body) != nil {
		c.noteInvalid(sent.Type) // the user may do so, and the report mentions it
	}
	return nil
}

func checkForged(i mocksender.Outgoing) error {
	for name, values := range i.Request.Header {
		for _, value := range values {
			if rtk.Verify(i.Key, i.Request.Body, value) == nil {
				return fmt.Errorf("%w: it is no forgery: %s verifies", ErrSelfCheck, name)
			}
		}
	}
	return nil
}

func (c *Client) noteInvalid(t rtk.EventType) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.invalid, t) {
		c.invalid = append(c.invalid, t)
	}
}

// Unchecked returns the types of the events that the self-check does not apply to,
// because the user's changes make them invalid.
func (c *Client) Unchecked() []rtk.EventType {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(slices.Values(c.invalid))
}
