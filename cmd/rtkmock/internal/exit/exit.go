// Package exit says how a call of rtkmock ends: the exit codes, and the errors
// that carry one. It knows no verb and prints nothing.
package exit

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes. Where more than one applies, the first in this order is used.
const (
	Interrupted   = 130 // ended by a signal; what was known so far is reported
	Harness       = 4   // rtkmock itself failed
	Usage         = 2   // a mistake in the command line, a setting or an input file
	Nothing       = 5   // the selection leaves nothing to do
	Nonconformant = 1   // the target is not conformant, a delivery was refused, a file is invalid
	Inconclusive  = 3   // the target was not reached, or nothing could be proved
	OK            = 0
)

// Error ends the call with a code. A nil Err prints nothing.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// ErrInterrupted ends a call whose context has ended.
var ErrInterrupted error = &Error{Interrupted, errors.New("interrupted")}

// Errorf ends the call with a code and one line.
func Errorf(code int, format string, args ...any) error {
	return &Error{code, fmt.Errorf(format, args...)}
}

// Usagef ends the call because of a mistake of the user.
func Usagef(format string, args ...any) error { return Errorf(Usage, format, args...) }

// Silent ends the call with a code after everything has been said; OK is no
// error.
func Silent(code int) error {
	if code == OK {
		return nil
	}
	return &Error{Code: code}
}

// Is reports whether err ends the call with this code.
func Is(err error, code int) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// Plain returns the text of an error without the name of the package that it
// begins with.
func Plain(err error) string {
	text := err.Error()
	if pkg, rest, ok := strings.Cut(text, ": "); ok && pkg != "" && strings.Trim(pkg, "abcdefghijklmnopqrstuvwxyz") == "" {
		return rest
	}
	return text
}
