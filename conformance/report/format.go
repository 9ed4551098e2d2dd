package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
)

// ToolName is the name of the tool in all formats.
const ToolName = "rtkmock"

// Format is one way to write a report.
type Format struct {
	Name string
	Doc  string // what it is for, in one line
	// Write writes r to w in one piece. The error is about w, about
	// Options.BodyDir, or about a report without content; the report itself is
	// not changed.
	Write func(w io.Writer, r *conformance.Report, o Options) error
	// WritePlay writes the account of a scenario, under the same rules. Nil:
	// this format has no form for that.
	WritePlay func(w io.Writer, p *Play, o Options) error
}

// Options say how a report is written. The zero value of each field is its
// default; formats ignore what they have no use for.
type Options struct {
	Version string // of the tool; empty: "devel"

	Color   bool // text: with ANSI colours
	Width   int  // text: columns; 0: DefaultWidth, never below MinWidth
	Verbose bool // text: checks that hold, and all evidence, in full

	// BodyDir, if set, is where the curl lines take request bodies from: they
	// are written there, each once, under names made of their content. The
	// directory is created. Empty: the lines hold the bodies themselves.
	BodyDir string
}

// Widths of the text format, in columns.
const (
	DefaultWidth = 80
	MinWidth     = 40
)

func (o Options) width() int {
	if o.Width == 0 {
		return DefaultWidth
	}
	return max(o.Width, MinWidth)
}

func (o Options) version() string {
	if o.Version == "" {
		return "devel"
	}
	return o.Version
}

// ErrUnknownFormat is wrapped by the error of Lookup.
var ErrUnknownFormat = errors.New("report: unknown format")

// errEmpty is what a report without verdicts' checks is refused with.
var errEmpty = errors.New("report: no report to write")

// Formats returns all formats. The caller owns the slice.
func Formats() []Format {
	return []Format{
		{Name: "text", Doc: "for people: what fell short, why it matters, how to mend it", Write: writeText, WritePlay: writePlayText},
		{Name: "json", Doc: "for programs: everything, described by a schema", Write: writeJSON, WritePlay: writePlayJSON},
		{Name: "junit", Doc: "for build servers: JUnit XML, one test case a check", Write: writeJUnit},
		{Name: "markdown", Doc: "for pull requests and step summaries: short, with details folded away", Write: writeMarkdown},
		{Name: "html", Doc: "for people: one page for a browser, with all that was sent and received", Write: writeHTML},
		{Name: "tap", Doc: "for test harnesses: TAP version 14, one test point a check", Write: writeTAP},
		{Name: "github", Doc: "for GitHub Actions: annotations of what fell short", Write: writeGitHub},
		{Name: "badge", Doc: "for a shields.io endpoint badge: the outcome as JSON", Write: writeBadge},
	}
}

// PlayFormats returns the formats that have a form for the account of a
// scenario. The caller owns the slice.
func PlayFormats() []Format {
	return slices.DeleteFunc(Formats(), func(f Format) bool { return f.WritePlay == nil })
}

// Lookup returns the format called name. The error matches ErrUnknownFormat
// and lists the names there are.
func Lookup(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("%w %q, want one of %s", ErrUnknownFormat, name, strings.Join(names, ", "))
}

// emit writes a finished report at once, so that a failure on the way leaves
// nothing half done.
func emit(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("report: write: %w", err)
	}
	return nil
}
