package report

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile writes what data produces to the file at path. A regular file
// appears complete or not at all: what stood there before stays until the new
// content is whole, and its permissions are kept. What is there and is no
// regular file, such as /dev/stderr or a pipe, is written to directly.
//
// The error names path; below it lies what the system reported, or what data
// returned.
func WriteFile(path string, data func(io.Writer) error) error {
	f, err := openFor(path)
	if err != nil {
		return unwritable(path, err)
	}
	w := bufio.NewWriter(f)
	if err = data(w); err == nil {
		err = errors.Join(w.Flush(), f.Close())
	}
	if err == nil {
		err = f.finish()
	}
	if err != nil {
		f.discard()
		return unwritable(path, err)
	}
	return nil
}

// Writable reports whether WriteFile could write to path now, and leaves no
// trace. A run that takes its time asks before it starts. The error is as
// WriteFile's.
func Writable(path string) error {
	if info, err := os.Stat(path); err == nil && special(info) {
		return nil // to open a pipe would wait for its reader
	}
	f, err := openFor(path)
	if err != nil {
		return unwritable(path, err)
	}
	f.discard()
	return nil
}

// unwritable names path. The error of the system names a file and an operation
// that nobody asked for; both are dropped.
func unwritable(path string, err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		err = onPath.Err
	case errors.As(err, &onLink):
		err = onLink.Err
	}
	return fmt.Errorf("report: cannot write %s: %w", path, err)
}

// output is a file that is being written.
type output struct {
	*os.File
	final string // its name once it is whole; empty: it has its name
}

// finish gives a whole file its name.
func (o *output) finish() error {
	if o.final == "" {
		return nil
	}
	return os.Rename(o.Name(), o.final)
}

// discard gives up. There is an error to report already, so its own are dropped.
func (o *output) discard() {
	_ = o.Close()
	if o.final != "" {
		_ = os.Remove(o.Name())
	}
}

// special reports what can be written to, and not replaced by a file.
func special(info fs.FileInfo) bool { return !info.Mode().IsRegular() && !info.IsDir() }

// openFor opens what content for path is to be written to. Symbolic links are
// followed: a rename would replace the link.
func openFor(path string) (*output, error) {
	if path == "" {
		return nil, errors.New("the path is empty")
	}
	final := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		final = resolved
	}
	info, err := os.Stat(final)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return beside(final)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, syscall.EISDIR
	case special(info):
		f, err := os.OpenFile(final, os.O_WRONLY, 0)
		return &output{File: f}, err
	}
	f, err := beside(final)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(info.Mode().Perm()); err != nil {
		f.discard()
		return nil, err
	}
	return f, nil
}

// beside creates a temporary file in the folder of path. Unlike one of
// os.CreateTemp, it has the permissions that the user's umask gives to files.
func beside(path string) (*output, error) {
	folder, name := filepath.Split(path)
	f, err := os.OpenFile(folder+"."+name+"."+rand.Text(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return &output{File: f, final: path}, nil
}
