package play

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// partialSuffix is added to a recording's name until it is whole.
const partialSuffix = ".partial"

// recordingFile is the file of --record while it is written.
type recordingFile struct {
	*recording.Recorder
	file    *os.File
	path    string
	final   string // what the file is to be called; empty: it is that file
	replace bool
}

// openRecording opens the file of --record. A file that exists is replaced only
// with force, and only once the new one is whole. A pipe or a device is written
// to as it is.
func openRecording(a *app.App, path string, force bool, secrets []string) (*recordingFile, error) {
	r := &recordingFile{path: path, final: path, replace: force}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		err = syscall.EISDIR
	case err == nil && !info.Mode().IsRegular():
		r.final = ""
		r.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	case err == nil && !force:
		return nil, a.BadFlag("record", "%s: it exists already, want another name or --force", path)
	default:
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			r.final = resolved // a renaming would replace the link
		}
		mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
		if force {
			mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		}
		r.file, err = os.OpenFile(r.final+partialSuffix, mode, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return nil, a.BadFlag("record", "%s: it exists already, so somebody may be recording there, want another name or --force", path+partialSuffix)
		}
	}
	if err != nil {
		return nil, a.BadFlag("record", "%s: %s", path, files.Problem(err))
	}
	r.Recorder = recording.NewRecorder(r.file)
	r.Redact = secrets
	return r, nil
}

// finish writes the rest and gives the file its name. A recording that is not
// whole keeps its partial name.
func (r *recordingFile) finish() error {
	if err := errors.Join(r.Close(), r.file.Close()); err != nil || r.final == "" {
		return err
	}
	return files.Place(r.final+partialSuffix, r.final, r.replace)
}

// discard removes a recording that nothing was written to.
func (r *recordingFile) discard() {
	r.Close()
	r.file.Close()
	if r.final != "" {
		os.Remove(r.final + partialSuffix)
	}
}
