package mocksender

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrSelfCheck is wrapped by the errors of SelfCheck.
var ErrSelfCheck = errors.New("mocksender: self-check")

// Outgoing is a delivery about to go out, its bytes frozen.
type Outgoing struct {
	Delivery Delivery
	// Request is what goes out. Twin is what would go out without the
	// mutations; it is the same where there are none.
	Request, Twin Request
	// Key is the public half of the key that signed.
	Key *rsa.PublicKey
	// Header is that of the sender's Options.
	Header http.Header
}

// SelfCheck reports whether a delivery goes out as it should. Without mutations
// it has to be one that a receiver following the guide accepts: its head
// parses, and its signature verifies over its body. With mutations that holds
// for its twin. The request then has to differ from the twin, only in what the
// mutations declare to change, and a mutation of the catalogue has to be what
// its Doc says. Fields that the caller gives are not checked.
//
// It is made for Options.SelfCheck. The error matches ErrSelfCheck and says
// what is wrong.
func SelfCheck(o Outgoing) error {
	err := o.checkGenuine(o.Twin)
	if err == nil && !o.Delivery.Genuine() {
		err = o.checkMutated()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSelfCheck, err)
	}
	return nil
}

// checkGenuine reports whether r is what the guide describes.
func (o Outgoing) checkGenuine(r Request) error {
	if r.Method != http.MethodPost {
		return fmt.Errorf("the method is %s, not POST", r.Method)
	}
	if !bytes.Equal(r.Body, o.Delivery.Event.Body) {
		return errors.New("the body is not that of the event")
	}
	parsed, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(r.Head), len(r.Head)))
	if err != nil {
		return fmt.Errorf("the head does not parse: %w", err)
	}
	if !o.given("Content-Length") && !o.given("Transfer-Encoding") && parsed.ContentLength != int64(len(r.Body)) {
		return fmt.Errorf("Content-Length is %d, and the body has %d bytes", parsed.ContentLength, len(r.Body))
	}
	if err := o.checkField(parsed.Header, "Content-Type", "application/json"); err != nil {
		return err
	}
	return o.checkIdentity(parsed.Header, r.Body)
}

// checkIdentity checks the three headers, under each set of names that is used.
func (o Outgoing) checkIdentity(h http.Header, body []byte) error {
	used := 0
	for _, names := range rtk.HeadersBoth.Sets() {
		if h.Get(names.Signature) == "" && h.Get(names.UUID) == "" && h.Get(names.WebhookID) == "" {
			continue
		}
		used++
		if err := o.checkField(h, names.UUID, o.Delivery.UUID); err != nil {
			return err
		}
		if err := o.checkField(h, names.WebhookID, o.Delivery.WebhookID); err != nil {
			return err
		}
		if o.given(names.Signature) {
			continue
		}
		if n := len(h.Values(names.Signature)); n != 1 {
			return fmt.Errorf("%s is there %d times", names.Signature, n)
		}
		if err := rtk.Verify(o.Key, body, h.Get(names.Signature)); err != nil {
			return fmt.Errorf("%s does not verify: %w", names.Signature, err)
		}
	}
	if used == 0 && !o.given(rtk.HeaderSignature) {
		return errors.New("none of the three headers is there")
	}
	return nil
}

// checkField reports whether h has one line called name, with value.
func (o Outgoing) checkField(h http.Header, name, value string) error {
	if got := h.Values(name); !o.given(name) && (len(got) != 1 || got[0] != value) {
		return fmt.Errorf("%s is %q, not %q", name, strings.Join(got, ", "), value)
	}
	return nil
}

// given reports whether the caller has set or removed the field.
func (o Outgoing) given(name string) bool {
	return header.Has(o.Header, name) || header.Has(o.Delivery.Header, name)
}

// checkMutated reports whether the request differs from its twin as the
// mutations declare.
func (o Outgoing) checkMutated() error {
	var declared mutation.WirePart
	var ids []string
	for _, m := range o.Delivery.Mutations {
		declared |= m.Parts()
		ids = append(ids, m.ID)
	}
	c := change{o.Key, o.Twin.wire(), o.Request.wire()}
	switch d := mutation.Difference(c.twin, c.sent); {
	case d == 0:
		return fmt.Errorf("%s changes nothing, so the delivery is a genuine one", strings.Join(ids, ", "))
	case d&^declared != 0:
		return fmt.Errorf("%s changes %s, and declares to change %s alone", strings.Join(ids, ", "), d&^declared, declared)
	}
	if proof := proofOf(ids[0]); proof != nil && len(ids) == 1 && !o.given(rtk.HeaderSignature) && !proof(c) {
		return fmt.Errorf("%s: what goes out is not what it says it is", ids[0])
	}
	return nil
}

// change is what the mutations of a delivery did.
type change struct {
	key        *rsa.PublicKey
	twin, sent *mutation.Wire
}

// proofOf returns what reports whether a mutation of the catalogue did what its
// Doc says, nil for other mutations. It finds that out by another way than the
// change was made.
func proofOf(id string) func(change) bool {
	return map[string]func(change) bool{
		"body/flip-byte":        oneByteDiffers,
		"body/reindent":         sameJSON,
		"body/trailing-newline": func(c change) bool { return string(c.sent.Body) == string(c.twin.Body)+"\n" },
		"body/other-event":      rawSignature(func(s signed, raw []byte) bool { return len(raw) == s.key.Size() && !s.verifies(crypto.SHA256, raw) }),
		"uuid/missing":          absent(func(s rtk.HeaderSet) string { return s.UUID }),
		"webhook-id/missing":    absent(func(s rtk.HeaderSet) string { return s.WebhookID }),
		"signature/missing":     absent(func(s rtk.HeaderSet) string { return s.Signature }),
		"signature/empty":       eachSignature(func(s signed) bool { return s.only("") }),
		"signature/truncated": rawSignature(func(s signed, raw []byte) bool {
			return len(raw) > 0 && len(raw) < len(s.genuine) && bytes.HasPrefix(s.genuine, raw)
		}),
		"signature/zero-bytes": rawSignature(func(_ signed, raw []byte) bool { return bytes.Equal(raw, make([]byte, 256)) }),
		"signature/other-key":  rawSignature(func(s signed, raw []byte) bool { return len(raw) >= 256 && !s.verifies(crypto.SHA256, raw) }),
		"signature/sha1":       rawSignature(func(s signed, raw []byte) bool { return s.verifies(crypto.SHA1, raw) }),
		"signature/sha512":     rawSignature(func(s signed, raw []byte) bool { return s.verifies(crypto.SHA512, raw) }),
		"signature/pss": rawSignature(func(s signed, raw []byte) bool {
			return rsa.VerifyPSS(s.key, crypto.SHA256, s.digest(crypto.SHA256), raw, nil) == nil
		}),
		"signature/zero":           integer(func(*big.Int) *big.Int { return new(big.Int) }),
		"signature/one":            integer(func(*big.Int) *big.Int { return big.NewInt(1) }),
		"signature/modulus":        integer(func(n *big.Int) *big.Int { return n }),
		"signature/above-modulus":  integer(func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(2)) }),
		"signature/hmac-base64":    rawSignature(func(s signed, raw []byte) bool { return hmac.Equal(raw, s.mac()) }),
		"signature/hmac-hex":       eachSignature(func(s signed) bool { return s.only(hex.EncodeToString(s.mac())) }),
		"signature/two-bad":        verifying(false, false),
		"signature/bad-then-good":  verifying(false, true),
		"signature/good-then-bad":  verifying(true, false),
		"signature/garbage-base64": eachSignature(func(s signed) bool { return s.raw(0) == nil }),
	}[id]
}

func oneByteDiffers(c change) bool {
	if len(c.twin.Body) != len(c.sent.Body) {
		return false
	}
	differ := 0
	for i, b := range c.twin.Body {
		if b != c.sent.Body[i] {
			differ++
		}
	}
	return differ == 1
}

func sameJSON(c change) bool {
	var was, is bytes.Buffer
	return json.Compact(&was, c.twin.Body) == nil && json.Compact(&is, c.sent.Body) == nil && bytes.Equal(was.Bytes(), is.Bytes())
}

// absent is the proof that a header is gone, under any set of names.
func absent(which func(rtk.HeaderSet) string) func(change) bool {
	return func(c change) bool {
		for _, names := range rtk.HeadersBoth.Sets() {
			if len(header.Values(c.sent.Header, which(names))) > 0 {
				return false
			}
		}
		return true
	}
}

// signed is what stands under one name of the signature header.
type signed struct {
	key     *rsa.PublicKey
	body    []byte
	genuine []byte   // the signature of the twin
	values  []string // what goes out; at least one
}

// only reports whether value is all that goes out.
func (s signed) only(value string) bool { return len(s.values) == 1 && s.values[0] == value }

// raw returns the bytes of a value, nil where it is not Base64.
func (s signed) raw(i int) []byte {
	raw, err := base64.StdEncoding.DecodeString(s.values[i])
	if err != nil {
		return nil
	}
	return raw
}

func (s signed) digest(h crypto.Hash) []byte {
	sum := h.New()
	sum.Write(s.body)
	return sum.Sum(nil)
}

func (s signed) verifies(h crypto.Hash, raw []byte) bool {
	return rsa.VerifyPKCS1v15(s.key, h, s.digest(h), raw) == nil
}

// mac is the HMAC that results if the public key is taken for a shared secret.
func (s signed) mac() []byte {
	pem, err := rtk.PublicPEM(s.key)
	if err != nil {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(pem))
	mac.Write(s.body)
	return mac.Sum(nil)
}

// eachSignature is the proof that holds is true under each name of the
// signature header that the twin uses.
func eachSignature(holds func(signed) bool) func(change) bool {
	return func(c change) bool {
		for _, names := range rtk.HeadersBoth.Sets() {
			was := header.Values(c.twin.Header, names.Signature)
			if len(was) == 0 {
				continue
			}
			s := signed{key: c.key, body: c.sent.Body, values: header.Values(c.sent.Header, names.Signature)}
			s.genuine, _ = base64.StdEncoding.DecodeString(was[0])
			if len(s.values) == 0 || !holds(s) {
				return false
			}
		}
		return true
	}
}

// rawSignature is eachSignature for one value in Base64.
func rawSignature(holds func(s signed, raw []byte) bool) func(change) bool {
	return eachSignature(func(s signed) bool {
		raw := s.raw(0)
		return len(s.values) == 1 && raw != nil && holds(s, raw)
	})
}

func integer(value func(n *big.Int) *big.Int) func(change) bool {
	return rawSignature(func(s signed, raw []byte) bool {
		return len(raw) == s.key.Size() && new(big.Int).SetBytes(raw).Cmp(value(s.key.N)) == 0
	})
}

// verifying is eachSignature for several values, which verify or do not.
func verifying(want ...bool) func(change) bool {
	return eachSignature(func(s signed) bool {
		if len(s.values) != len(want) {
			return false
		}
		for i, value := range s.values {
			if (rtk.Verify(s.key, s.body, value) == nil) != want[i] {
				return false
			}
		}
		return true
	})
}
