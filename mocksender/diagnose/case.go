package diagnose

import (
	"crypto/rsa"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Case is what a receiver had when it rejected a delivery.
type Case struct {
	// Body is what was verified, byte for byte.
	Body []byte
	// Signature is the header's value. It is used where Header is nil.
	Signature string
	// Header is the request's header, in any spelling. The signature is looked
	// up in it.
	Header http.Header
	// Key is what the receiver verifies with. It is required.
	Key Key
	// Others are more keys that may have made the signature.
	Others []Key
	// Known are other bodies that the signature may belong to.
	Known []Known
	// VerifyOnly has nothing looked for that could explain a failure.
	VerifyOnly bool
}

// Known is a body that was signed on another occasion.
type Known struct {
	Name string // for people
	Body []byte
}

// Key is a public key, and what is wrong with how it was written.
type Key struct {
	Name     string // for people: a file, a URL
	Public   *rsa.PublicKey
	Spelling []ID
	Document bool // what was read is a whole key document, not the key in it
}

func (k Key) fingerprint() string {
	if k.Public == nil {
		return ""
	}
	text, err := rtk.Fingerprint(k.Public)
	if err != nil {
		return ""
	}
	return text
}
