package reports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// Check refuses paths that cannot be written, before the run takes its time.
func (f *Flags) Check(a *app.App) error {
	seen := map[string]bool{}
	onStdout := ""
	for _, r := range f.Reports {
		clean := filepath.Clean(r.Path)
		switch {
		case r.Path == Stdout && onStdout != "":
			return a.BadFlag("report", "%s and %s are both to be written to standard output, want a file for one", onStdout, r.Format.Name)
		case r.Path == Stdout:
			onStdout = r.Format.Name
			continue
		case seen[clean]:
			return a.BadFlag("report", "%s: two reports are to be written there, want a file for each", r.Path)
		}
		seen[clean] = true
		if err := files.Overwritable(r.Path); err != nil {
			return a.BadFlag("report", "%s: cannot be written: %s", r.Path, files.Problem(err))
		}
	}
	switch {
	case a.Form == terminal.FormJSON && onStdout != "" && onStdout != string(a.Form):
		return a.BadFlag("output", "%s is to be written to standard output, and JSON as well; want a file for one", onStdout)
	case f.Bodies != "":
		if err := folderWritable(f.Bodies); err != nil {
			return a.BadFlag("bodies", "%s: cannot be written to: %s", f.Bodies, files.Problem(err))
		}
	}
	return nil
}

// folderWritable returns why no folder can be made at a path, or why the folder
// there cannot be written to.
func folderWritable(path string) error {
	for {
		info, err := os.Stat(path)
		parent := filepath.Dir(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && parent != path:
			path = parent
		case err != nil:
			return err
		case !info.IsDir():
			return syscall.ENOTDIR
		default:
			return files.Overwritable(filepath.Join(path, "body.json"))
		}
	}
}

// Write writes each report that was asked for, after the bodies are stored. The
// text goes to standard output unless something else does.
func (f *Flags) Write(a *app.App, d formats.Report) error {
	var store report.Store
	if f.Bodies != "" {
		store = f.storeBody
	}
	failed := d.StoreBodies(store)
	wanted := slices.Clone(f.Reports)
	onStdout := func(name string) bool {
		return slices.ContainsFunc(wanted, func(r Report) bool {
			return r.Path == Stdout && (name == "" || r.Format.Name == name)
		})
	}
	filesAlone := f.Args && len(wanted) > 0
	if a.Form == terminal.FormJSON && !onStdout(string(a.Form)) || !onStdout("") && !filesAlone {
		format, err := formats.Lookup(string(a.Form))
		if err != nil {
			return err
		}
		wanted = append(wanted, Report{format, Stdout})
	}
	options := plaintext.Options{Width: min(a.Width(plaintext.DefaultWidth), 120), Verbose: f.Verbose}
	if run, ok := d.(*report.Document); ok && len(f.Words) > 0 {
		options.Again, options.Fewer = Again(a.Program, f.Words, run), Fewer(a.Program, f.Words, run)
	}
	for _, r := range wanted {
		if r.Path != Stdout {
			err := files.Overwrite(r.Path, func(w io.Writer) error { return r.Format.Write(w, d, options) })
			failed = errors.Join(failed, unwritable(r.Path, err))
			if err == nil && (r.Format.Name == "html" || r.Format.Name == "json") {
				options.Files = append(options.Files, r.Path)
			}
			continue
		}
		toTerminal := options
		toTerminal.Color = a.Colored(a.OutIsTTY)
		failed = errors.Join(failed, a.Written(r.Format.Write(a.Out, d, toTerminal)))
	}
	if failed != nil {
		return exit.Errorf(exit.Harness, "%s", exit.Plain(failed))
	}
	return nil
}

// storeBody puts a body into the folder of --bodies, unless it is there.
func (f *Flags) storeBody(name string, body []byte) (string, error) {
	path := filepath.Join(f.Bodies, name)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(body)) {
		return path, nil
	}
	if err := os.MkdirAll(f.Bodies, 0o777); err != nil {
		return "", unwritable(f.Bodies, err)
	}
	return path, unwritable(path, files.Overwrite(path, files.Content(body)))
}

func unwritable(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write %s: %s", path, files.Problem(err))
}
