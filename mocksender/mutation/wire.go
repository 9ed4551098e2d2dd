package mutation

import (
	"bytes"
	"crypto/rsa"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Wire is one request about to go out, as a mutation may change it. Key and
// SignatureNames let a mutation sign again.
//
// A mutation owns Header and Body and may change them in place.
type Wire struct {
	Method string
	URL    string
	// Header holds the header fields by the spelling that goes out. Host,
	// Content-Length, Transfer-Encoding, Expect and Connection are set to suit
	// the body and Framing when the request is written; one that is given
	// here is sent instead, right or wrong.
	Header http.Header
	Body   []byte
	// Framing says how the body is put on the wire.
	Framing Framing
	// Key is the genuine signing key.
	Key *rsa.PrivateKey
	// SignatureNames are the names under which Header carries the signature.
	SignatureNames []string
}

// SetSignature replaces every signature header by value, or, with several
// values, by as many lines under each name. Without a value it removes them.
func (w *Wire) SetSignature(values ...string) {
	for _, name := range w.SignatureNames {
		header.Set(w.Header, header.Key(w.Header, name), slices.Clone(values))
	}
}

// Signature returns the first signature header's value.
func (w *Wire) Signature() string {
	for _, name := range w.SignatureNames {
		if v := header.Values(w.Header, name); len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// Framing says how a body is put on the wire. The zero value sends it under a
// correct Content-Length, in one write unless it is large.
type Framing struct {
	// Chunked sends the body with Transfer-Encoding: chunked.
	Chunked bool
	// ExpectContinue sends Expect: 100-continue and holds the body back until
	// the target asks for it, answers, or a second has passed.
	ExpectContinue bool
	// Pieces, if above 1, sends the body in that many pieces, Pause apart. The
	// pauses are added to the attempt's time.
	Pieces int
	Pause  time.Duration
	// CutAt, if above 0, promises the whole body, sends this many bytes of it
	// and closes the writing side. It must be less than the body's length.
	CutAt int
	// FreshConnection keeps the request off idle connections, and closes its
	// own afterwards, announced by Connection: close.
	FreshConnection bool
}

// WirePart is a set of parts of a request. A Mutation declares which it changes.
type WirePart uint

const (
	PartMethod    WirePart = 1 << iota
	PartURL                //
	PartSignature          // the values under the signature's names
	PartUUID               // those under the uuid's
	PartWebhookID          // those under the webhook id's
	PartHeader             // all other fields, and how the names of any are spelt
	PartBody               //
	PartFraming            // how the body is put on the wire

	anyPart WirePart = 1<<iota - 1
)

func (p WirePart) String() string {
	var names []string
	for i, name := range []string{
		"the method", "the URL", "the signature", "the uuid", "the webhook id",
		"header fields", "the body", "the framing",
	} {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " and ")
}

// Difference returns the parts in which two requests differ.
func Difference(a, b *Wire) WirePart {
	d := differingFields(a.Header, b.Header) | differingFields(b.Header, a.Header)
	if a.Method != b.Method {
		d |= PartMethod
	}
	if a.URL != b.URL {
		d |= PartURL
	}
	if !bytes.Equal(a.Body, b.Body) {
		d |= PartBody
	}
	if a.Framing != b.Framing {
		d |= PartFraming
	}
	return d
}

// differingFields returns the parts of the fields that b does not have, or not
// in the same way.
func differingFields(a, b http.Header) WirePart {
	var d WirePart
	for name, values := range a {
		switch {
		case slices.Equal(values, b[name]):
		case slices.Equal(values, header.Values(b, name)):
			d |= PartHeader // under another spelling
		default:
			d |= partOf(name)
		}
	}
	return d
}

// partOf returns the part that the field called name belongs to.
func partOf(name string) WirePart {
	for _, names := range rtk.HeadersBoth.Sets() {
		switch {
		case strings.EqualFold(name, names.Signature):
			return PartSignature
		case strings.EqualFold(name, names.UUID):
			return PartUUID
		case strings.EqualFold(name, names.WebhookID):
			return PartWebhookID
		}
	}
	return PartHeader
}
