package terminal

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
)

// Streams are the three standard streams of one call.
type Streams struct {
	In  io.Reader
	Out io.Writer // results
	Err io.Writer // progress, logs and errors

	// InIsTTY, OutIsTTY and ErrIsTTY say that a person sits at a terminal.
	InIsTTY, OutIsTTY, ErrIsTTY bool
	// Columns returns the terminal's width; 0, or a nil func: unknown.
	Columns func() int
}

// OS returns the streams of the process.
func OS() Streams {
	return Streams{
		In:       os.Stdin,
		Out:      os.Stdout,
		Err:      os.Stderr,
		InIsTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		OutIsTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrIsTTY: term.IsTerminal(int(os.Stderr.Fd())),
		Columns: func() int {
			for _, f := range []*os.File{os.Stdout, os.Stderr} {
				if w, _, err := term.GetSize(int(f.Fd())); err == nil {
					return w
				}
			}
			return 0
		},
	}
}

// Output is an output stream for concurrent use. It remembers the first failure
// to write: a full disk must not look like success.
type Output struct {
	w    io.Writer
	name string

	mu      sync.Mutex
	failure error
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failure != nil || o.w == nil {
		return 0, o.failure
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.failure = fmt.Errorf("%s: %s", o.name, files.Problem(err))
	}
	return n, err
}

// Failure returns the first failure to write, or nil.
func (o *Output) Failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failure
}
