package corpus

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// MaxRead is how many bytes Read takes.
const MaxRead = 64 << 20

// ErrCapture is matched by the errors of Read.
var ErrCapture = errors.New("corpus: not a capture")

// CaptureError says what is wrong with a capture, and where. It matches
// ErrCapture.
type CaptureError struct {
	Place string // such as "line 3" or "entry 2"; empty where it is the whole
	Msg   string // what was found, and what is wanted
}

// Error names the place.
func (e *CaptureError) Error() string {
	if e.Place == "" {
		return ErrCapture.Error() + ": " + e.Msg
	}
	return ErrCapture.Error() + ": " + e.Place + ": " + e.Msg
}

// Is reports whether target is ErrCapture.
func (e *CaptureError) Is(target error) bool { return target == ErrCapture }

func wrong(place, format string, args ...any) error {
	return &CaptureError{Place: place, Msg: fmt.Sprintf(format, args...)}
}

// Captured is a request as a capture holds it.
type Captured struct {
	Place string // where in the capture: "line 3", "entry 2"
	recording.Record
	// Declared is the Content-Length of a request's text, -1 where there is
	// none. If it is not the body's length, somebody has edited the body.
	Declared int
}

// Read returns the requests of a capture, at least one: the form is told by how
// it begins. It reads what the formats http, jsonl and har hold, and what other
// tools make of them:
//
//   - JSON lines, in the form of mocksender.Record;
//   - an HTTP archive, as browsers and proxies export it, of which it passes
//     over the entries without a body;
//   - the text of a request: request line, fields, an empty line, the body, in
//     lines that end in LF or CRLF. The body ends where Content-Length says, if
//     nothing or another request follows there, and else at the end of the file
//     or before a line that begins with ###, with which editors part requests.
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
		place := fmt.Sprintf("line %d", record.Line)
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
		out = append(out, Captured{Place: place, Declared: -1, Record: record})
	}
	return out, nil
}
