package payload

import (
	"errors"
	"fmt"
)

// ErrOptions is matched by every error about Options.
var ErrOptions = errors.New("payload: unusable options")

// ErrState is matched by every error about a step that the meeting's state does
// not allow. Such a step changes nothing and uses up no ids.
var ErrState = errors.New("payload: not possible now")

// The kinds of ErrState.
var (
	ErrNotLive    = fmt.Errorf("%w: the session is not live", ErrState)               // before the first join, after the end
	ErrEnded      = fmt.Errorf("%w: the session has ended", ErrState)                 // a join after the end
	ErrNotEnded   = fmt.Errorf("%w: the session has not ended", ErrState)             // chat, transcript, summary, the next session
	ErrPresent    = fmt.Errorf("%w: the participant is in the meeting", ErrState)     // a second join
	ErrAbsent     = fmt.Errorf("%w: the participant is not in the meeting", ErrState) // a leave without a join
	ErrTransition = fmt.Errorf("%w: no such change of status", ErrState)              // recordings and livestreams
	ErrRepeated   = fmt.Errorf("%w: it comes once a session", ErrState)               // chat, transcript, summary
	ErrClock      = fmt.Errorf("%w: the clock cannot go there", ErrState)             // backwards, or beyond the stated end
)

// ErrParticipant is matched by the errors of Meeting.Join about a name or an id
// that is empty or not UTF-8.
var ErrParticipant = errors.New("payload: unusable participant")

// ErrPath is matched by the errors of Get, Set and Unset about a path that does
// not fit the body.
var ErrPath = errors.New("payload: path does not fit")

// ErrJSON is matched by the errors of Get, Set and Unset about a body or a
// value that is not JSON.
var ErrJSON = errors.New("payload: not JSON")
