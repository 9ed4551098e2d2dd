package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes data to path in one step: others see the whole file or
// none. Without replace, a file that exists is left alone and the error
// matches fs.ErrExist.
func writeFile(path string, data []byte, mode fs.FileMode, replace bool) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".rtkmock-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err := tmp.Chmod(mode); err != nil {
		return err
	}
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if replace {
		return os.Rename(tmp.Name(), path)
	}
	// A link, unlike a renaming, does not replace what is there.
	if os.Link(tmp.Name(), path) != nil {
		return writeExclusive(path, data, mode, tmp.Name())
	}
	return os.Remove(tmp.Name())
}

// writeExclusive serves file systems without hard links, and says why a link
// could not be made elsewhere.
func writeExclusive(path string, data []byte, mode fs.FileMode, tmp string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return err
	}
	return os.Remove(tmp)
}
