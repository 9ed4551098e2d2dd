package diagnose

import "net/http"

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
}

// Known is a body that was signed on another occasion.
type Known struct {
	Name string // for people
	Body []byte
}
