package schemas

import (
	"embed"
	"slices"
	"sync"
)

//go:embed *.schema.json
var files embed.FS

// embedded is made on first use and never changes.
var embedded = sync.OnceValues(func() (*library, error) { return newLibrary(files) })

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

// Events returns the names of the nine events that have a schema, in the order
// of the guide's table "Supported events". The caller owns the slice.
func Events() []string {
	return []string{
		"meeting.started",
		"meeting.ended",
		"meeting.participantJoined",
		"meeting.participantLeft",
		"meeting.chatSynced",
		"recording.statusUpdate",
		"livestreaming.statusUpdate",
		"meeting.transcript",
		"meeting.summary",
	}
}

// Names returns the names of all schemas, without ".schema.json": first
// Events, then the others by name. Among these, common and strict hold
// definitions and have no instances. The caller owns the slice.
func Names() []string {
	lib, err := embedded()
	if err != nil {
		return nil // unreachable: the embedded folder can be listed
	}
	return lib.names()
}

// Source returns the file of the schema called name, as JSON. The error
// matches ErrUnknownSchema and lists the names. The caller owns the bytes.
func Source(name string) ([]byte, error) {
	lib, err := embedded()
	if err != nil {
		return nil, err
	}
	return lib.source(name)
}

// Validate reports whether body is an instance of the schema called name.
//
// Where body falls short, the error is an *Error; it matches ErrNotJSON if
// body cannot be read as JSON, which includes a member given twice, nesting
// deeper than 128 levels and numbers of more than 400 digits or beyond 1e±400.
// A name without a schema gives an error that matches ErrUnknownSchema. The
// names common and strict are refused too: they hold definitions only.
func Validate(name string, r Reading, body []byte) error {
	lib, err := embedded()
	if err != nil {
		return err
	}
	return lib.validate(name, r, body)
}

// ValidateEvent reports whether body is one of the nine events, chosen by its
// member "event" ("All webhook payloads include an event field"), and returns
// which. The name is empty if there is none of the nine. Errors are those of
// Validate; one that matches ErrUnknownEvent says that "event" is missing or
// is none of the nine names.
func ValidateEvent(body []byte, r Reading) (event string, err error) {
	lib, err := embedded()
	if err != nil {
		return "", err
	}
	return lib.validateEvent(body, r)
}

func (l *library) validate(name string, r Reading, body []byte) error {
	if err := l.known(name); err != nil {
		return err
	}
	doc, err := decode(body)
	if err != nil {
		return forSchema(err, name)
	}
	return l.validateDoc(name, r, doc)
}

func (l *library) validateEvent(body []byte, r Reading) (string, error) {
	doc, err := decode(body)
	if err != nil {
		return "", err
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return "", &Error{Problems: []Problem{{Path: "$", Found: show(doc), Want: "an object"}}}
	}
	event, found := object["event"]
	name, ok := event.(string)
	if !ok || !slices.Contains(Events(), name) {
		p := Problem{Path: "$.event", Found: "nothing", Want: oneOfNames(Events())}
		if found {
			p.Found = show(event)
		}
		return "", &Error{Problems: []Problem{p}, kind: ErrUnknownEvent}
	}
	return name, l.validateDoc(name, r, doc)
}

func oneOfNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = show(name)
	}
	return orList(quoted)
}
