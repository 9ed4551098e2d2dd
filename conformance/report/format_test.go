package report

import (
	"errors"
	"io"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

func TestLookupNamesTheFormatsThereAre(t *testing.T) {
	_, err := Lookup("yaml")
	assert.ErrorIs(t, err, ErrUnknownFormat)
	assert.Error(t, err, `report: unknown format "yaml", want one of text, json, junit, markdown, html, tap, github, badge`)
	for _, f := range Formats() {
		found, err := Lookup(f.Name)
		assert.NilError(t, err)
		assert.Equal(t, found.Name, f.Name)
		assert.Assert(t, f.Doc != "" && f.Write != nil, f.Name)
	}
}

var errDisk = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDisk }

func TestEveryFormatPassesTheWritersErrorOn(t *testing.T) {
	for _, f := range Formats() {
		assert.ErrorIs(t, f.Write(fullDisk{}, fixture(), Options{}), errDisk, f.Name)
	}
}

func TestNoFormatTakesAReportWithoutContent(t *testing.T) {
	for _, f := range Formats() {
		assert.ErrorIs(t, f.Write(io.Discard, nil, Options{}), errEmpty, f.Name)
		nameless := &conformance.Report{Verdicts: []conformance.Verdict{{Status: conformance.Fail}}}
		assert.ErrorIs(t, f.Write(io.Discard, nameless, Options{}), errEmpty, f.Name)
		// A report of nothing is one all the same.
		assert.NilError(t, f.Write(io.Discard, &conformance.Report{}, Options{}), f.Name)
	}
}
