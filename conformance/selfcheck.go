package conformance

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// Shape says how far the events of a check are from the guide's samples. A run
// holds to that what it is about to send: a verdict on an event that the harness
// itself got wrong would be worse than none.
type Shape int

const (
	AsSampled Shape = iota // the strict reading of the schemas
	Extended               // the open reading: unknown members, and the forms of practice
	Unbound                // none: members are taken away that the samples have
)

// errSelfCheck is wrapped by errors about what the harness itself has made.
var errSelfCheck = errors.New("self-check")

// checkedBodies are the bodies that ready has let through, by a hash. The senders hold
// to that what they are about to write: no way to the target leads around it.
type checkedBodies struct {
	seed   maphash.Seed
	mu     sync.Mutex
	hashes map[uint64]bool
}

func (v *checkedBodies) add(body []byte) {
	h := maphash.Bytes(v.seed, body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hashes[h] = true
}

func (v *checkedBodies) has(body []byte) bool {
	h := maphash.Bytes(v.seed, body)
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.hashes[h]
}

// selfCheck makes d selfCheck to be sent: its event is held to the shape that the check
// has declared, and dressed as the user wants it.
func (p *Probe) selfCheck(d mocksender.Delivery) (mocksender.Delivery, error) {
	return p.run.selfCheck(p.check.Sends, d)
}

func (r *run) selfCheck(shape Shape, d mocksender.Delivery) (mocksender.Delivery, error) {
	if err := r.checkShape(shape, d.Event); err != nil {
		return d, err
	}
	body := r.o.applyOverrides(d.Event.Body)
	if len(r.o.Set)+len(r.o.Unset) > 0 && shape != Unbound {
		r.vetDressed(rtk.Event{Type: d.Event.Type, Body: body})
	}
	d.Event.Body = body
	r.checked.add(body)
	return d, nil
}

// checkOutgoing is the self-check of what is about to go out: an event that was
// vetted, signed by the key that the target can fetch, and changed as declared
// alone.
func (r *run) checkOutgoing(i mocksender.Outgoing) error {
	if !r.checked.has(i.Delivery.Event.Body) {
		return fmt.Errorf("%w: nobody has looked at the event", errSelfCheck)
	}
	key, err := r.endpoints.Keys.Key()
	if err != nil {
		return err
	}
	if !i.Key.Equal(&key.PublicKey) {
		return fmt.Errorf("%w: it is signed by another key than the target is given", errSelfCheck)
	}
	if err := mocksender.SelfCheck(i); err != nil || r.o.Sender.SelfCheck == nil {
		return err
	}
	return r.o.Sender.SelfCheck(i)
}

// checkShape holds an event to a shape. What names no known type is no event.
func (r *run) checkShape(shape Shape, e rtk.Event) error {
	if shape == Unbound || !e.Type.Known() {
		return nil
	}
	reading := schemas.Strict
	if shape == Extended || r.o.MeetingID != "" {
		reading = schemas.Open // the user's meeting need not be named by a uuid
	}
	err := schemas.Validate(string(e.Type), reading, e.Body)
	if err == nil && shape == AsSampled {
		err = schemas.CheckTimes(e.Body)
	}
	if err != nil {
		return fmt.Errorf("%w: the event that was made is not valid (%s reading): %s", errSelfCheck, reading, strings.TrimPrefix(err.Error(), "schemas: "))
	}
	return nil
}

// vetDressed takes down that an event is no longer valid as the user wants it.
// That is the user's right, and is said.
func (r *run) vetDressed(e rtk.Event) {
	if !e.Type.Known() || schemas.Validate(string(e.Type), schemas.Open, e.Body) == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.undone, e.Type) {
		r.undone = append(r.undone, e.Type)
	}
}

// unvetted says which events went out unchecked, because the user wants them
// otherwise than the schemas.
func (r *run) unvetted() []Assumption {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.undone) == 0 {
		return nil
	}
	names := make([]string, len(r.undone))
	for i, t := range r.undone {
		names[i] = string(t)
	}
	slices.Sort(names)
	return []Assumption{{"self-check of the events", "not applied to " + strings.Join(names, ", ") + ", which the changes make invalid", "--set, --unset"}}
}

// checkForged reports that a forgery is one. If a signature that it carries verifies,
// the target would be blamed for accepting a genuine delivery.
func (r *run) checkForged(s *Exchange) error {
	if len(s.Attempts) == 0 {
		return nil
	}
	key, err := r.endpoints.Keys.Key()
	if err != nil {
		return err
	}
	sent := s.Attempts[0].Request
	for name, values := range sent.Header {
		for _, value := range values {
			if rtk.Verify(&key.PublicKey, sent.Body, value) == nil {
				return fmt.Errorf("%w: it is no forgery: %s verifies", errSelfCheck, name)
			}
		}
	}
	return nil
}

// failed takes down that the harness could not, or should not, send something.
func (p *Probe) failed(label string, err error) {
	text := strings.TrimPrefix(err.Error(), "mocksender: ")
	if errors.Is(err, errSelfCheck) || errors.Is(err, mocksender.ErrSelfCheck) {
		text = label + ": " + text
	}
	p.AddFinding(Error, nil, "%s", text)
}
