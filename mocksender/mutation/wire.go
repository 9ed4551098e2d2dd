package mutation

import (
	"crypto/rsa"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
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
