package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"unicode"
)

// exitError ends the call with a code. A nil err prints nothing: what there is
// to say has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit ends the call with code and without a word; 0 is no error.
func exit(code int) error {
	if code == ExitOK {
		return nil
	}
	return &exitError{code: code}
}

// usagef is a mistake of the user.
func usagef(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Errorf(format, args...)}
}

// bad is a mistake in the value of a flag, named as the user gave it: on the
// command line, in the environment or in the configuration file.
func (a *app) bad(flag, format string, args ...any) error {
	return usagef("%s: %s", a.origin(flag), fmt.Sprintf(format, args...))
}

// origin names the place where a flag's value comes from.
func (a *app) origin(flag string) string {
	if where, ok := a.origins[flag]; ok {
		return where
	}
	return "--" + flag
}

// plain returns the words of err without the name of the package they come
// from.
func plain(err error) string {
	text := err.Error()
	for _, pkg := range []string{"rtk", "payload", "mocksender", "conformance", "schemas", "wellknown", "artifacts", "report", "receivers", "scenarios", "dispatch", "store", "corpus", "fixtures", "diagnose", "process"} {
		if rest, ok := strings.CutPrefix(text, pkg+": "); ok {
			return rest
		}
	}
	return text
}

// fileProblem says in a few words why a file could not be used, without the
// path, which the caller names.
func fileProblem(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, fs.ErrExist):
		return "it exists already"
	case errors.Is(err, syscall.EISDIR):
		return "it is a directory"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// oneLine keeps a message on one line, and what is not to be seen, which came in
// with somebody's input, off the terminal.
func oneLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			space = true
			continue
		case !unicode.IsPrint(r):
			continue // it could move the cursor, or turn the direction of writing
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
