package report_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// awkward is a report whose parts are hard to keep.
func awkward() *conformance.Report {
	r := fixture()
	r.Strict = true
	r.Took, r.Waited = 1049999600, 9999500
	r.Began = time.Now()
	r.Start = time.Date(2026, 6, 3, 10, 0, 0, 1, time.FixedZone("", 3600))
	long := spaced()
	for i := range long.Attempts {
		q := &long.Attempts[i].Request
		q.Body = []byte(strings.Repeat("0123456789abcdef", (256<<10)/8))
		q.URL = "http://127.0.0.1:8080/elsewhere?token=" + secretQuery
		q.Header["X-Latin"] = []string{"caf\xe9", "", secretQuery}
		q.Head = []byte("POST /elsewhere?token=" + secretQuery + " HTTP/1.1\r\nHost: x\r\nX-Latin: caf\xe9\r\nAuthorization: Bearer " + secretBearer + "\r\nX-Empty:\r\n\r\n")
		q.Framing = mutation.Framing{Chunked: true, ExpectContinue: true, Pieces: 3, Pause: 1234567, CutAt: 5, FreshConnection: true}
	}
	faulted := accepted("6")
	faulted.Attempts[0].Fault, faulted.Attempts[0].Target = "replace 502", &mocksender.Outcome{Status: 200, Body: []byte("ok")}
	faulted.Attempts[1].Outcome = mocksender.Outcome{Status: 204, Took: 1049500, Header: http.Header{"X-Odd\xff": {"\xfe"}}, Body: []byte("echo " + secretBearer), Truncated: true}
	faulted.Attempts[1].Resent = true
	never := accepted("7")
	never.Attempts, never.Fate = nil, mocksender.Abandoned
	r.Verdicts[1].Receipts = []mocksender.Receipt{long, faulted, never, forgery(), poison(), spaced()}
	r.Verdicts[1].Reason = "it answered \xff\xfe " + secretBearer
	r.Verdicts[1].Took = 1049500
	return r
}

func reports() map[string]*conformance.Report {
	return map[string]*conformance.Report{
		"fixture": fixture(), "good": good(), "stopped": stopped(), "awkward": awkward(), "expecting": expecting(),
		"empty": {Outcome: conformance.Broken},
	}
}

func readBack(t testing.TB, r *conformance.Report) *report.Document {
	t.Helper()
	d, err := report.Read(strings.NewReader(write(t, "json", r, plaintext.Options{})))
	assert.NilError(t, err)
	return d
}

func TestEveryFormatIsTheSameFromTheJSONAlone(t *testing.T) {
	for name, r := range reports() {
		made, read := document(t, r), readBack(t, r)
		for _, f := range formats.All() {
			options := []plaintext.Options{{}}
			if f.Name == "text" {
				options = append(options, plaintext.Options{Verbose: true, Width: 60, Color: true})
			}
			for _, o := range options {
				var want, got bytes.Buffer
				assert.NilError(t, f.Write(&want, made, o))
				assert.NilError(t, f.Write(&got, read, o))
				if want.String() != got.String() {
					t.Errorf("%s, %s, %+v: %s", name, f.Name, o, cmp.Diff(want.String(), got.String()))
				}
			}
		}
	}
}

func TestWhatIsNoReportIsRefusedInOneLine(t *testing.T) {
	valid := write(t, "json", fixture(), plaintext.Options{})
	replaced := func(old, new string) string {
		assert.Assert(t, strings.Contains(valid, old), old)
		return strings.Replace(valid, old, new, 1)
	}
	for _, c := range []struct{ text, want, reason string }{
		{"", "found nothing, want one JSON value", "an empty file"},
		{"conformant, 2 warnings", "want", "the text form"},
		{`{"version":1}`, "$.assumptions", "nothing but a version"},
		{"[]", "want an object", "another kind of value"},
		{valid[:len(valid)/2], "want", "half a report"},
		{valid + "{}", "want", "two reports"},
		{replaced(`"version": 1,`, `"version": 2,`), "found version 2, want 1", "a form of tomorrow"},
		{replaced(`"version": 1,`, `"version": "\u001b[2J",`), `found version "\u001b[2J", want 1`, "what is special to a terminal"},
		{replaced(`"seed": "18446744073709551615"`, `"seed": "99999999999999999999"`), ".seed", "a seed that no run has"},
		{replaced(`"status": "fail"`, `"status": "fine"`), "$.checks[1].status", "a status that there is not"},
		{replaced(`"at": "2026`, `"at": "9026-13`), "month out of range", "a time that there is not"},
		{strings.Repeat("[", 100_000), "want", "deep nesting"},
		{replaced(`"bytes": 210`, `"bytes": 1e300`), "report:", "a number beyond all bounds"},
		{write(t, "badge", fixture(), plaintext.Options{}), "$.", "another of our files"},
	} {
		d, err := report.Read(strings.NewReader(c.text))
		assert.ErrorIs(t, err, report.ErrRead, c.reason)
		assert.ErrorContains(t, err, c.want, c.reason)
		assert.Assert(t, d == nil, c.reason)
		assert.Assert(t, !strings.Contains(err.Error(), "\n") && len(err.Error()) < 1000, c.reason)
		assertHarmless(t, err.Error())
	}
	_, err := report.Read(iotest.ErrReader(errors.New("the disk is gone")))
	assert.Error(t, err, "report: read: the disk is gone")
	assert.Assert(t, !errors.Is(err, report.ErrRead))
}

func TestReadIgnoresMembersThatItDoesNotKnow(t *testing.T) {
	text := strings.Replace(write(t, "json", good(), plaintext.Options{}), `"complete": true,`, `"complete": true, "tomorrow": [1],`, 1)
	_, err := report.Read(strings.NewReader(text))
	assert.NilError(t, err)
}

func TestReadTakesNoCommandLineFromTheFile(t *testing.T) {
	text := strings.Replace(write(t, "json", good(), plaintext.Options{}), `"curl": "`, `"curl": "rm -rf /; `, 1)
	d, err := report.Read(strings.NewReader(text))
	assert.NilError(t, err)
	for _, c := range d.Checks {
		for _, e := range c.Evidence {
			assert.Assert(t, !strings.Contains(e.Curl.String(), "rm -rf"))
		}
	}
}

func TestBodiesOfWhichADocumentHoldsAPartAreNotStored(t *testing.T) {
	d := readBack(t, awkward())
	assert.NilError(t, d.StoreBodies(func(name string, _ []byte) (string, error) { return "bodies/" + name, nil }))
	list := d.Checks[1].Evidence
	assert.Assert(t, strings.Contains(list[0].CurlNote, "BODY stands for a file with the 524288"), list[0].CurlNote)
	assert.Assert(t, strings.Contains(list[1].Curl.String(), "@bodies/"), list[1].Curl)
}
