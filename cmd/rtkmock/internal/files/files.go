// Package files reads and writes the files that a user names: bounded, whole or
// not at all, and with an error that says the problem in a few words.
package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Problem says in a few words why a file could not be used, without the path,
// which the caller names.
func Problem(err error) string {
	var path *fs.PathError
	var program *exec.Error
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, fs.ErrExist):
		return "it exists already"
	case errors.Is(err, syscall.EISDIR):
		return "it is a directory"
	case errors.Is(err, syscall.ENOTDIR):
		return "not a directory"
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &program):
		return program.Err.Error()
	}
	return err.Error()
}

// Read returns what is in a file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, limit)
}

// ReadAll reads at most limit bytes. More are an error.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, err
}

// Options say how a file is written.
type Options struct {
	Mode    fs.FileMode
	Chmod   bool // Mode is exact, whatever the user's umask takes from new files
	Replace bool // a file that exists; otherwise the error matches fs.ErrExist
	Durable bool // the file is on the disk when it gets its name; this takes milliseconds
}

// Write puts into path what write writes, in one step: others see the whole file
// or none.
func Write(path string, o Options, write func(io.Writer) error) (err error) {
	tmp, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".rtkmock-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, o.Mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if o.Chmod {
		if err := tmp.Chmod(o.Mode); err != nil {
			return err
		}
	}
	if err := write(tmp); err != nil {
		return err
	}
	if o.Durable {
		if err := tmp.Sync(); err != nil {
			return err
		}
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return Place(tmp.Name(), path, o.Replace)
}

// Overwrite is Write for a path that the user chose: it follows links, and a file
// that is there keeps its permissions. What is there and is no regular file, such
// as /dev/stderr or a pipe, is written to directly.
func Overwrite(path string, write func(io.Writer) error) error {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved // a renaming would replace the link
	}
	o := Options{Mode: 0o666, Replace: true}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case special(info):
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	default:
		o.Mode, o.Chmod = info.Mode().Perm(), true
	}
	return Write(path, o, write)
}

// Overwritable reports whether Overwrite could write to path now, and leaves no
// trace. A run that takes its time asks before it starts.
func Overwritable(path string) error {
	if info, err := os.Stat(path); err == nil && special(info) {
		return nil // to open a pipe would wait for its reader
	}
	enough := errors.New("it can")
	err := Overwrite(path, func(io.Writer) error { return enough })
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

// special reports what can be written to, and not replaced by a file.
func special(info fs.FileInfo) bool { return !info.Mode().IsRegular() && !info.IsDir() }

// Content writes data, for Write and Overwrite.
func Content[T []byte | string](data T) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write([]byte(data))
		return err
	}
}

// Place gives the file tmp its name. Without replace, a file that has the name
// already is left alone, and the error matches fs.ErrExist.
func Place(tmp, path string, replace bool) error {
	if replace {
		return os.Rename(tmp, path)
	}
	// A link, unlike a renaming, does not replace what is there.
	err := os.Link(tmp, path)
	switch {
	case err == nil:
		return os.Remove(tmp)
	case errors.Is(err, fs.ErrExist):
		return fs.ErrExist
	}
	return claim(tmp, path)
}

// claim is Place for file systems without hard links.
func claim(tmp, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
