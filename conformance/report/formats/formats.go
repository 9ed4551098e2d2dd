package formats

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/html"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// Format is one way to write a report.
type Format struct {
	Name string
	Doc  string // what it is for, in one line

	run  func(*report.Document, plaintext.Options) (string, error)
	play func(*report.PlayDocument, plaintext.Options) (string, error) // nil: it has no form for plays
}

// All returns all formats. The caller owns the slice.
func All() []Format {
	return []Format{
		{
			Name: "text", Doc: "for people: what is violated, why it matters, how to fix it",
			run:  func(d *report.Document, o plaintext.Options) (string, error) { return plaintext.Run(d, o), nil },
			play: func(d *report.PlayDocument, o plaintext.Options) (string, error) { return plaintext.Play(d, o), nil },
		},
		{
			Name: "json", Doc: "for programs: everything, described by a schema",
			run:  func(d *report.Document, _ plaintext.Options) (string, error) { return indentedJSON(d) },
			play: func(d *report.PlayDocument, _ plaintext.Options) (string, error) { return indentedJSON(d) },
		},
		{Name: "junit", Doc: "for build servers: JUnit XML, one test case a check", run: ignoreOptions(junitXML)},
		{Name: "markdown", Doc: "for pull requests and step summaries: short, with details folded away", run: ignoreOptions(markdown)},
		{
			Name: "html", Doc: "for people: one page for a browser, with all that was sent and received", run: ignoreOptions(html.Page),
			play: func(d *report.PlayDocument, _ plaintext.Options) (string, error) { return html.Play(d) },
		},
		{Name: "tap", Doc: "for test harnesses: TAP version 14, one test point a check", run: ignoreOptions(tap)},
		{Name: "github", Doc: "for GitHub Actions: annotations of what is violated", run: ignoreOptions(annotations)},
		{Name: "badge", Doc: "for a shields.io endpoint badge: the outcome as JSON", run: ignoreOptions(badgeJSON)},
	}
}

func ignoreOptions(run func(*report.Document) (string, error)) func(*report.Document, plaintext.Options) (string, error) {
	return func(d *report.Document, _ plaintext.Options) (string, error) { return run(d) }
}

// ForPlays returns the formats that have a form for played scenarios. The caller
// owns the slice.
func ForPlays() []Format {
	return slices.DeleteFunc(All(), func(f Format) bool { return f.play == nil })
}

// ErrUnknown is wrapped by the error of Lookup.
var ErrUnknown = errors.New("report: unknown format")

// Lookup returns the format called name. The error matches ErrUnknown and lists
// the names that exist.
func Lookup(name string) (Format, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("%w %q, want one of %s", ErrUnknown, name, strings.Join(names, ", "))
}

// Report is what is written: a *report.Document, or a *report.PlayDocument for the
// formats of ForPlays.
type Report interface {
	StoreBodies(report.Store) error
}

// Write writes a report at once: one that fails on the way is not begun. Only the
// text format uses o.
func (f Format) Write(w io.Writer, r Report, o plaintext.Options) error {
	var content string
	var err error
	switch r := r.(type) {
	case *report.Document:
		content, err = f.run(r, o)
	case *report.PlayDocument:
		content, err = f.play(r, o)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		return fmt.Errorf("report: write: %w", err)
	}
	return nil
}
