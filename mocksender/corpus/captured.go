package corpus

import (
	"errors"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

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
