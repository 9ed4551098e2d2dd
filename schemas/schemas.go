package schemas

import "github.com/rtkmock/rtkmock/mocksender/rtk"

// Names returns the names of all schemas, without ".schema.json": first
// Events, then the others by name. Among these, common and strict hold
// definitions and have no instances. The caller owns the slice.
func Names() []string { return embedded().names() }

// Source returns the file of the schema called name, as JSON. The error
// matches ErrUnknownSchema and lists the names. The caller owns the bytes.
func Source(name string) ([]byte, error) { return embedded().source(name) }

// Validate reports whether body is an instance of the schema called name.
//
// If it is not, the error is an *Error. It matches ErrNotJSON if body cannot be
// read as JSON, or has a member twice, more than 128 levels, or a number of more
// than 400 digits or beyond 1e±400. A name without a schema gives an error that
// matches ErrUnknownSchema. The names common and strict are refused too: they
// hold definitions only.
func Validate(name string, r Reading, body []byte) error {
	return embedded().validate(name, r, body)
}

// ValidateEvent reports whether body is one of the nine events, and returns its
// name. The member "event" chooses the schema ("All webhook payloads include an
// event field"). If it is missing or none of the nine, the name is empty and the
// error matches ErrUnknownEvent. Other errors are those of Validate.
func ValidateEvent(body []byte, r Reading) (event string, err error) {
	return embedded().validateEvent(body, r)
}

// Events returns the names of the nine events, in the order of the guide's
// table "Supported events". The caller owns the slice.
func Events() []string {
	types := rtk.EventTypes()
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return names
}

// Reading says how much a schema admits. The zero value is Open.
type Reading int

const (
	// Open admits what the guide documents, unknown members, and the forms
	// that only practice shows. Formats such as uuid are not asserted.
	Open Reading = iota
	// Strict admits what rtkmock generates in the form of the guide's samples:
	// no unknown member, no form of practice, formats asserted.
	Strict
)

// String returns "open" or "strict".
func (r Reading) String() string {
	if r == Strict {
		return "strict"
	}
	return "open"
}
