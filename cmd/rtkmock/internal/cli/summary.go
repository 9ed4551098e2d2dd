package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// summaryVariable names the file whose Markdown GitHub Actions shows on the
// page of a job.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// maxSummary is how long that file may be. GitHub shows nothing of a longer one.
const maxSummary = 1 << 20

// summarize adds the Markdown report to the summary of a GitHub Actions job. No
// run fails because of it.
func (a *app) summarize(d *report.Document, f *outputFlags) {
	path := a.env[summaryVariable]
	asked := slices.ContainsFunc(f.reports, func(r reportTo) bool { return filepath.Clean(r.path) == filepath.Clean(path) })
	if path == "" || asked {
		return
	}
	if err := appendSummary(path, d); err != nil {
		a.logf("rtkmock: warning: %s: %s: %s", summaryVariable, oneLine(path), oneLine(fileProblem(err)))
	}
}

func appendSummary(path string, d *report.Document) error {
	format, err := formats.Lookup("markdown")
	if err != nil {
		return err
	}
	var markdown bytes.Buffer
	if err := format.Write(&markdown, d, plaintext.Options{}); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size()+int64(markdown.Len())+1 > maxSummary {
		err = fmt.Errorf("with the report it would be longer than the %d bytes that GitHub shows", maxSummary)
	}
	if err == nil {
		// A blank line keeps it apart from what stands there.
		_, err = f.WriteString("\n" + markdown.String())
	}
	return errors.Join(err, f.Close())
}
