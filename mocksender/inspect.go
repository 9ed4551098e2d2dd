package mocksender

import (
	"bufio"
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrInspection is wrapped by the errors of Inspect.
var ErrInspection = errors.New("mocksender: self-check")

// Inspection is a delivery about to go out, its bytes frozen.
type Inspection struct {
	Delivery Delivery
	// Request is what goes out, and Twin what would go out without the
	// mutations: the same where there are none.
	Request, Twin Request
	// Key is the public half of the key that signed.
	Key *rsa.PublicKey
	// Header is that of the sender's Options.
	Header http.Header
}

// Inspect reports whether a delivery goes out as it should. Without mutations
// it has to be one that a receiver following the guide accepts: its head is
// parsed, and its signature verified over its body. With mutations that holds
// for its twin, from which it has to differ, and only in what the mutations
// declare to change; a mutation of the catalogue has to be what its Doc says.
// Fields that the caller gives are the caller's business.
//
// It is made for Options.Inspect. The error matches ErrInspection and says what
// is wrong.
func Inspect(i Inspection) error {
	if err := i.genuine(i.Twin); err != nil {
		return fmt.Errorf("%w: %w", ErrInspection, err)
	}
	if i.Delivery.Genuine() {
		return nil
	}
	var declared mutation.WirePart
	var ids []string
	for _, m := range i.Delivery.Mutations {
		declared |= m.Parts()
		ids = append(ids, m.ID)
	}
	switch d := mutation.Difference(i.Twin.wire(), i.Request.wire()); {
	case d == 0:
		return fmt.Errorf("%w: %s changes nothing, so the delivery is a genuine one", ErrInspection, strings.Join(ids, ", "))
	case d&^declared != 0:
		return fmt.Errorf("%w: %s changes %s, and declares to change %s alone", ErrInspection, strings.Join(ids, ", "), d&^declared, declared)
	}
	if len(ids) == 1 && !i.given(rtk.HeaderSignature) {
		if prove := mutation.ProofOf(ids[0]); prove != nil {
			if err := prove(i.Key, i.Twin.wire(), i.Request.wire()); err != nil {
				return fmt.Errorf("%w: %s: %w", ErrInspection, ids[0], err)
			}
		}
	}
	return nil
}

// genuine reports whether r is what the guide describes.
func (i Inspection) genuine(r Request) error {
	if r.Method != http.MethodPost {
		return fmt.Errorf("the method is %s, not POST", r.Method)
	}
	if !bytes.Equal(r.Body, i.Delivery.Event.Body) {
		return errors.New("the body is not that of the event")
	}
	parsed, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Head)))
	if err != nil {
		return fmt.Errorf("the head does not parse: %w", err)
	}
	if !i.given("Content-Length") && !i.given("Transfer-Encoding") && parsed.ContentLength != int64(len(r.Body)) {
		return fmt.Errorf("Content-Length is %d, and the body has %d bytes", parsed.ContentLength, len(r.Body))
	}
	if err := i.field(parsed.Header, "Content-Type", "application/json"); err != nil {
		return err
	}
	return i.identified(parsed.Header, r.Body)
}

// identified checks the three headers, under each set of names that is used.
func (i Inspection) identified(h http.Header, body []byte) error {
	used := 0
	for _, names := range rtk.HeadersBoth.Sets() {
		if h.Get(names.Signature) == "" && h.Get(names.UUID) == "" && h.Get(names.WebhookID) == "" {
			continue
		}
		used++
		if err := i.field(h, names.UUID, i.Delivery.UUID); err != nil {
			return err
		}
		if err := i.field(h, names.WebhookID, i.Delivery.WebhookID); err != nil {
			return err
		}
		if i.given(names.Signature) {
			continue
		}
		if n := len(h.Values(names.Signature)); n != 1 {
			return fmt.Errorf("%s is there %d times", names.Signature, n)
		}
		if err := rtk.Verify(i.Key, body, h.Get(names.Signature)); err != nil {
			return fmt.Errorf("%s does not verify: %w", names.Signature, err)
		}
	}
	if used == 0 && !i.given(rtk.HeaderSignature) {
		return errors.New("none of the three headers is there")
	}
	return nil
}

// field reports whether h has one line called name, with value.
func (i Inspection) field(h http.Header, name, value string) error {
	if got := h.Values(name); !i.given(name) && (len(got) != 1 || got[0] != value) {
		return fmt.Errorf("%s is %q, not %q", name, strings.Join(got, ", "), value)
	}
	return nil
}

// given reports whether the caller has set or removed the field itself.
func (i Inspection) given(name string) bool {
	for _, h := range []http.Header{i.Header, i.Delivery.Header} {
		if header.Has(h, name) {
			return true
		}
	}
	return false
}
