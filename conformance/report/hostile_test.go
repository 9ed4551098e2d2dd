package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	readback "github.com/joshdk/go-junit"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/schemas"
)

// colours are the escape sequences that are our own.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// assertHarmless fails on anything that could steer a terminal or hide text.
func assertHarmless(t testing.TB, text string) {
	t.Helper()
	assert.Assert(t, utf8.ValidString(text), "not UTF-8")
	for i, r := range text {
		if r != '\n' && !visible(r) {
			t.Fatalf("%U at %d: %q", r, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
}

func secretsOfFixture() []string {
	return []string{secretPassword, secretQuery, secretBearer, secretGateway, secretCookie}
}

func TestNoFormatShowsASecret(t *testing.T) {
	r := fixture()
	r.Verdicts[1].Reason += "; it redirected to http://alice:pw@elsewhere/"
	r.Stopped = "the target answered " + secretQuery
	r.Complete, r.Strict = false, true
	r.Instruments[0].Detail += " " + secretGateway
	for _, f := range Formats() {
		for _, verbose := range []bool{false, true} {
			out := write(t, f.Name, r, Options{Verbose: verbose})
			for _, secret := range secretsOfFixture() {
				assert.Assert(t, !strings.Contains(out, secret), "%s shows %q", f.Name, secret)
			}
			assert.Assert(t, !strings.Contains(out, "alice:pw"), "%s shows userinfo", f.Name)
			if f.Name != "badge" { // it holds nothing that could be a secret
				assert.Assert(t, strings.Contains(out, redact.Mark), "%s does not say that it redacted", f.Name)
			}
		}
	}
}

func TestNoFormatLetsATargetSteerATerminal(t *testing.T) {
	for _, f := range Formats() {
		for _, o := range []Options{{}, {Verbose: true}, {Color: true}, {Width: 1}} {
			out := write(t, f.Name, fixture(), o)
			if f.Name == "text" && o.Color {
				out = colours.ReplaceAllString(out, "")
			}
			if f.Name == "junit" {
				out = strings.ReplaceAll(out, "\t", "") // its own indentation
			}
			assertHarmless(t, out)
		}
	}
}

// activeMarkdown is markup that must not come from a target. Code may show it.
var activeMarkdown = regexp.MustCompile(`(?i)<script|</details><script|\[link\]\(|@octocat|#1 `)

func TestMarkdownKeepsHostileTextInCodeOrEscaped(t *testing.T) {
	r := fixture()
	for i := range r.Verdicts {
		r.Verdicts[i].Reason = hostile
		r.Verdicts[i].Status = conformance.Fail
	}
	r.Headline = hostile
	out := write(t, "markdown", r, Options{})
	fences := regexp.MustCompile("(?s)````[^`].*?[^`]````|```sh\n.*?\n```|`[^`\n]+`")
	found := activeMarkdown.FindString(fences.ReplaceAllString(out, ""))
	assert.Equal(t, found, "", "active markup outside code")
	opened, closed := strings.Count(out, "<details>"), strings.Count(fences.ReplaceAllString(out, ""), "</details>")
	assert.Equal(t, opened, closed, "a target closed a <details> of ours")
}

func TestMarkdownFitsAComment(t *testing.T) {
	r := fixture()
	for range 8 {
		r.Verdicts = append(r.Verdicts, r.Verdicts...)
	}
	out := write(t, "markdown", r, Options{})
	assert.Assert(t, len(out) < 65536, "%d bytes", len(out))
	assert.Assert(t, strings.Contains(out, "with details in the other formats"))
	assert.Assert(t, strings.Contains(out, "more\n"), "what was left out is not counted")
	assert.Assert(t, strings.HasSuffix(out, "</sub>\n"))
}

// FuzzHostile feeds arbitrary bytes through every place that a target, or an
// odd event, can fill.
func FuzzHostile(f *testing.F) {
	f.Add([]byte(hostile), "text/html\x00\u202e", "reason ]]> <b> \x1b[0m", uint8(60))
	f.Add([]byte("{\"ok\":true}"), "", "", uint8(0))
	f.Add([]byte("\xed\xa0\x80\xef\xbf\xbe\xf4\x90\x80\x80\u0085\u2028\ufeff"), "]]>", "`", uint8(200))
	f.Add([]byte(strings.Repeat("e\u0301\u0489", 300)), "a\r\nb", "-\n- # @a | ~~x~~ $y$", uint8(40))
	f.Fuzz(func(t *testing.T, body []byte, field, reason string, width uint8) {
		r := fixture()
		v := &r.Verdicts[1]
		v.Reason = reason
		evil := receipt(string(body), request(string(body), http.Header{"X-Odd": {field}}),
			[]mutation.Mutation{{ID: "fuzz", Doc: field}},
			mocksender.Outcome{Err: &mocksender.NetError{Class: "other", Msg: reason}, Class: mocksender.Class(field)},
			mocksender.Outcome{Status: 200, Body: body, Header: http.Header{"Location": {field}, field: {reason}}})
		evil.Delivery.UUID = field
		v.Evidence = []mocksender.Receipt{evil, evil}
		r.Headline, r.Stopped = reason, reason

		for _, verbose := range []bool{false, true} {
			assertHarmless(t, write(t, "text", r, Options{Width: int(width), Verbose: verbose}))
		}
		assertHarmless(t, write(t, "markdown", r, Options{}))

		report := write(t, "json", r, Options{})
		assertHarmless(t, report)
		assert.Assert(t, json.Valid([]byte(report)))
		assert.NilError(t, schemas.Validate("report", schemas.Strict, []byte(report)))
		assertBodies(t, report, body)

		suites := write(t, "junit", r, Options{})
		assertWellFormed(t, suites)
		read, err := readback.Ingest([]byte(suites))
		assert.NilError(t, err)
		assert.Equal(t, len(read), len(readGroups(r)))
	})
}

// assertBodies reads the first attempt's request body back from the report.
func assertBodies(t *testing.T, report string, body []byte) {
	t.Helper()
	var doc jsonReport
	assert.NilError(t, json.Unmarshal([]byte(report), &doc))
	got := doc.Checks[1].Evidence[0].Attempts[0].Request
	assert.Equal(t, got.Bytes, len(body))
	assert.DeepEqual(t, got.bytes(t), body)
}

func readGroups(r *conformance.Report) []group {
	v, err := newView(r, Options{})
	if err != nil {
		return nil
	}
	return v.catalogue
}

// assertWellFormed reads all of an XML document in the decoder's strict mode.
func assertWellFormed(t testing.TB, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		assert.NilError(t, err)
	}
}
