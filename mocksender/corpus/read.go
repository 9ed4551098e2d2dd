package corpus

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// MaxRead is how many bytes Read takes.
const MaxRead = 64 << 20

// Read returns the requests of a capture, at least one. It recognizes the form by
// how the capture begins. It reads the formats http, jsonl and har, also as other
// tools write them:
//
//   - JSON lines, in the form of recording.Record;
//   - an HTTP archive, as browsers and proxies export it, without the entries
//     that have no body;
//   - the text of a request: request line, fields, an empty line, the body, in
//     lines that end in LF or CRLF. The body ends where Content-Length says, if
//     nothing or another request follows there. Otherwise it ends at the end of
//     the file, or before a line that begins with ###, the mark that editors put
//     between requests.
//
// Errors match ErrCapture, and name the place.
func Read(data []byte) ([]Captured, error) {
	if len(data) > MaxRead {
		return nil, wrong("", "it is larger than %d MiB", MaxRead>>20)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(text) == 0:
		return nil, wrong("", "it is empty, want a request, a JSON record a line, or an HTTP archive")
	case text[0] != '{':
		return readHTTP(data)
	case isArchive(text):
		return readHAR(text)
	default:
		return readLines(data)
	}
}

func readLines(data []byte) ([]Captured, error) {
	var out []Captured
	for record, err := range recording.Read(bytes.NewReader(data)) {
		if e := new(recording.Error); errors.As(err, &e) {
			msg := e.Msg
			if e.Field != "" {
				msg = e.Field + ": " + msg
			}
			return nil, wrong(fmt.Sprintf("line %d", e.Line), "%s", msg)
		}
		if err != nil {
			return nil, wrong("", "%v", err)
		}
		out = append(out, Captured{Place: fmt.Sprintf("line %d", record.Line), Declared: -1, Record: record})
	}
	return out, nil
}

// Captured is a request as a capture holds it.
type Captured struct {
	Place string // where in the capture: "line 3", "entry 2"
	recording.Record
	// Declared is the Content-Length of a request's text, -1 if there is none. If
	// it is not the body's length, somebody has edited the body.
	Declared int
}

// ErrCapture is wrapped by the errors of Read.
var ErrCapture = errors.New("corpus: not a capture")

// wrong is an error about a place in a capture, or about all of it.
func wrong(place, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if place != "" {
		msg = place + ": " + msg
	}
	return fmt.Errorf("%w: %s", ErrCapture, msg)
}
