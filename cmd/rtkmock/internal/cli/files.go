package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes data to path in one step: others see the whole file or
// none. Without replace, a file that exists is left alone and the error
// matches fs.ErrExist.
func writeFile(path string, data []byte, mode fs.FileMode, replace bool) error {
	return writeWhole(path, mode, replace, true, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	})
}

// writeWhole does the same with what write writes. With durable, the file is on
// the disk when it gets its name, which takes milliseconds.
func writeWhole(path string, mode fs.FileMode, replace, durable bool, write func(io.Writer) error) (err error) {
	tmp, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".rtkmock-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	if durable {
		if err := tmp.Sync(); err != nil {
			return err
		}
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if replace {
		return os.Rename(tmp.Name(), path)
	}
	// A link, unlike a renaming, does not replace what is there.
	if os.Link(tmp.Name(), path) != nil {
		return copyExclusive(path, mode, tmp.Name())
	}
	return os.Remove(tmp.Name())
}

// copyExclusive serves file systems without hard links, and says why a link
// could not be made elsewhere.
func copyExclusive(path string, mode fs.FileMode, tmp string) error {
	in, err := os.Open(tmp)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return err
	}
	return os.Remove(tmp)
}
