package report

import (
	"errors"
	"fmt"
	"io"
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
}

// Options say how a report is written. The zero value of each field is its
// default; formats ignore what they have no use for.
type Options struct {
	Version string // of the tool; empty: "devel"

	Color   bool // text: with ANSI colours
	Width   int  // text: columns; 0: DefaultWidth, never below MinWidth
	Verbose bool // text: checks that hold, and all evidence, in full

	// Strict says that the run counted warnings as failures, so that JUnit
	// does as well.
	Strict bool

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
		{Name: "text", Doc: "for people: what fell short, why it matters, how to mend it", Write: writeText},
		{Name: "json", Doc: "for programs: everything, described by the schema report", Write: writeJSON},
		{Name: "junit", Doc: "for build servers: JUnit XML, one test case a check", Write: writeJUnit},
		{Name: "markdown", Doc: "for pull requests and step summaries: short, with details folded away", Write: writeMarkdown},
	}
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
