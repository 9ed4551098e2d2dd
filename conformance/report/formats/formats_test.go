package formats

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
)

func TestLookupNamesTheFormatsThereAre(t *testing.T) {
	_, err := Lookup("yaml")
	assert.ErrorIs(t, err, ErrUnknown)
	assert.Error(t, err, `report: unknown format "yaml", want one of text, json, junit, markdown, html, tap, github, badge`)
	for _, f := range All() {
		found, err := Lookup(f.Name)
		assert.NilError(t, err)
		assert.Equal(t, found.Name, f.Name)
		assert.Assert(t, f.Doc != "", f.Name)
	}
}

var errDisk = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDisk }

func TestEveryFormatPassesTheWritersErrorOn(t *testing.T) {
	for _, f := range All() {
		assert.ErrorIs(t, f.Write(fullDisk{}, fixture(t), plaintext.Options{}), errDisk, f.Name)
	}
	for _, f := range ForPlays() {
		assert.ErrorIs(t, f.Write(fullDisk{}, &report.PlayDocument{}, plaintext.Options{}), errDisk, f.Name)
	}
}

func TestJSONEscapesWhatIsNotVisibleWithoutChangingIt(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r += 1 + r/64 { // all of the low ones, some of the others
		in, err := json.Marshal("<" + string(r) + ">")
		assert.NilError(t, err)
		var out string
		escaped := escapeInvisible(string(in))
		assertHarmless(t, escaped)
		assert.NilError(t, json.Unmarshal([]byte(escaped), &out))
		assert.Equal(t, out, "<"+string(r)+">")
	}
	assert.Equal(t, escapeInvisible("\"\U000e0041\U0010ffff\""), `"\udb40\udc41\udbff\udfff"`)
}

func TestJSONDoesNotEscapeHTML(t *testing.T) {
	assert.Assert(t, strings.Contains(render(t, "json", fixture(t)), "</details><script>"))
}

// FuzzHostile puts arbitrary bytes into every place that a target can fill, and
// has one of the formats for other programs written and read.
func FuzzHostile(f *testing.F) {
	checks := []struct {
		format string
		check  func(t *testing.T, text string)
	}{
		{"markdown", func(t *testing.T, text string) { assertHarmless(t, text) }},
		{"json", func(t *testing.T, text string) {
			assertHarmless(t, text)
			assert.Assert(t, json.Valid([]byte(text)))
		}},
		{"junit", func(t *testing.T, text string) { assertWellFormed(t, text) }},
		{"tap", func(t *testing.T, text string) {
			assertHarmless(t, text)
			assert.Equal(t, len(readTAP(t, text)), 1)
		}},
		{"github", func(t *testing.T, text string) {
			assertHarmless(t, text)
			assert.Equal(t, len(readGitHub(t, text)), 2)
		}},
		{"badge", func(t *testing.T, text string) { assertHarmless(t, text) }},
	}
	for i := range checks {
		f.Add(uint(i), []byte(hostile), "text/html\x00\u202e", "reason ]]> <b> \x1b[0m")
		f.Add(uint(i), []byte("{\"ok\":true}"), "", "")
		f.Add(uint(i), []byte("\xed\xa0\x80\xef\xbf\xbe\xf4\x90\x80\x80\u0085\u2028\ufeff"), "]]>", "...\n---\r\n\x00")
		f.Add(uint(i), []byte(strings.Repeat("e\u0301\u0489", 300)), "a\r\nb", "-\n- # @a | ~~x~~ $y$ TODO ::error::x")
	}
	f.Fuzz(func(t *testing.T, which uint, body []byte, field, reason string) {
		d := crowd(1, string(body))
		result := &d.Checks[0]
		result.Title, result.Reason, d.Headline, d.Stopped = field, reason, reason, field
		e := &result.Evidence[0]
		e.UUID, e.Mutations[0].Doc = field, field
		e.Attempts[0].Response.Readable = map[string][]string{"Location": {field}, field: {reason}}
		e.Attempts = append(e.Attempts, report.Attempt{Error: report.Error{Class: mocksender.Class(field), Message: reason}})

		c := checks[which%uint(len(checks))]
		c.check(t, render(t, c.format, d))
	})
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

func TestNoStatusIsLeftOutOfTheTable(t *testing.T) {
	head, _, _ := strings.Cut(render(t, "markdown", fixture(t))[strings.Index(render(t, "markdown", fixture(t)), "| |"):], "\n")
	for _, s := range conformance.Statuses() {
		assert.Assert(t, strings.Contains(head, " "+string(s)+" |"), head)
	}
}

// A badge has no room, and JSON says it in members of its own.
func TestFormatsSayThatAKeyURLIsHardCoded(t *testing.T) {
	d := report.New(&conformance.Report{Interception: &conformance.Interception{
		Way: "hosts", HardCoded: true, KeyVariable: "KEY_URL", Contacts: []conformance.Contact{{Host: "api.example", Answered: 1}},
	}}, "")
	for _, name := range []string{"text", "junit", "markdown", "html", "tap", "github"} {
		text := strings.Join(strings.Fields(strings.ReplaceAll(render(t, name, d), `\_`, "_")), " ")
		for _, want := range []string{"its key URL is hard-coded; requests to api.example were answered by rtkmock (hosts)", "read it from KEY"} {
			assert.Assert(t, strings.Contains(strings.ReplaceAll(text, "&#95;", "_"), want), "%s: %s", name, text)
		}
	}
}
