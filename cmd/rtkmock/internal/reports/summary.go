package reports

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// summaryVariable names the file whose Markdown GitHub Actions shows on the page
// of a job.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// maxSummary is how long that file may be. GitHub shows nothing of a longer one.
const maxSummary = 1 << 20

// Summarize adds the Markdown report to the summary of a GitHub Actions job. No
// run fails because of it.
func (f *Flags) Summarize(a *app.App, d *report.Document) {
	path := a.Env[summaryVariable]
	asked := slices.ContainsFunc(f.Reports, func(r Report) bool { return filepath.Clean(r.Path) == filepath.Clean(path) })
	if path == "" || asked {
		return
	}
	if err := appendSummary(path, d); err != nil {
		a.Warnf("%s: %s: %s", summaryVariable, path, files.Problem(err))
	}
}

func appendSummary(path string, d *report.Document) error {
	format, err := formats.Lookup("markdown")
	if err != nil {
		return err
	}
	text := bytes.NewBufferString("\n") // a blank line separates it from what stands there
	if err := format.Write(text, d, plaintext.Options{}); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size()+int64(text.Len()) > maxSummary {
		err = fmt.Errorf("with the report it would be longer than the %d bytes that GitHub shows", maxSummary)
	}
	if err == nil {
		_, err = text.WriteTo(f)
	}
	return errors.Join(err, f.Close())
}
