package diagnose_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// mistake is something that happens to a body between signing and verifying.
type mistake struct {
	name  string
	apply func(t testing.TB, signed []byte) []byte
	want  []diagnose.ID
}

func indented(t testing.TB, b []byte, prefix, indent string) []byte {
	var out bytes.Buffer
	assert.NilError(t, json.Indent(&out, b, prefix, indent))
	return out.Bytes()
}

// pythons is what json.dumps makes of a body, but for the order.
func pythons(b []byte) []byte {
	return []byte(strings.NewReplacer(`","`, `", "`, `":"`, `": "`, `":{`, `": {`, `},"`, `}, "`).Replace(string(b)))
}

// escaped writes letters beyond ASCII as \u….
func escaped(b []byte) []byte {
	var out strings.Builder
	for _, r := range string(b) {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, u)
		}
	}
	return []byte(out.String())
}

func sorted(t testing.TB, b []byte) []byte {
	var v any
	assert.NilError(t, json.Unmarshal(b, &v))
	out, err := json.Marshal(v)
	assert.NilError(t, err)
	return out
}

// throughLatin1 is UTF-8 taken for Latin-1 and written as UTF-8 again.
func throughLatin1(b []byte) []byte {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return []byte(string(out))
}

func utf16le(b []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// just makes a mistake of a function without t.
func just(f func([]byte) []byte) func(testing.TB, []byte) []byte {
	return func(_ testing.TB, b []byte) []byte { return f(b) }
}

func replaced(old, new string) func(testing.TB, []byte) []byte {
	return just(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(new)) })
}

func packed(b []byte, writer func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := writer(&out)
	_, err := w.Write(b)
	if err = cmp.Or(err, w.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

func gzipped(b []byte) []byte {
	return packed(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

// listed is a JSON list of bytes.
func listed(b []byte) string {
	return strings.ReplaceAll(fmt.Sprint(b), " ", ",")
}

// percent is encodeURIComponent, and does letters and digits too.
func percent(b []byte) []byte {
	var out strings.Builder
	for _, c := range b {
		fmt.Fprintf(&out, "%%%02X", c)
	}
	return []byte(out.String())
}

// fields is an event of two levels, and of strings alone, as a form. nested is how the
// name of a member of a member is written.
func fields(t testing.TB, b []byte, nested string) []byte {
	decoder := json.NewDecoder(bytes.NewReader(b))
	var parts, names []string
	name := ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return []byte(strings.Join(parts, "&"))
		}
		assert.NilError(t, err)
		switch text, isText := token.(string); {
		case token == json.Delim('{'):
			names, name = append(names, name), ""
		case token == json.Delim('}'):
			names, name = names[:len(names)-1], ""
		case name == "":
			name = text
			if outer := names[len(names)-1]; outer != "" {
				name = fmt.Sprintf(nested, outer, text)
			}
		case isText:
			parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(text))
			name = ""
		}
	}
}

// ascii is what is left of a text by encode("ascii", "replace").
func ascii(b []byte) []byte {
	var out strings.Builder
	for _, r := range string(b) {
		if r >= 0x80 {
			r = '?'
		}
		out.WriteRune(r)
	}
	return []byte(out.String())
}

func mistakes() []mistake {
	type is = []diagnose.ID
	return []mistake{
		{"newline added", just(func(b []byte) []byte { return append(bytes.Clone(b), '\n') }), is{diagnose.BodyNewlineAdded}},
		{"CRLF added", just(func(b []byte) []byte { return append(bytes.Clone(b), "\r\n"...) }), is{diagnose.BodyNewlineAdded}},
		{"spaces around", just(func(b []byte) []byte { return []byte("  " + string(b) + " ") }), is{diagnose.BodyNewlineAdded}},
		{"indented", func(t testing.TB, b []byte) []byte { return indented(t, b, "", "    ") }, is{diagnose.BodyWhitespace}},
		{"Python's spaces", just(pythons), is{diagnose.BodyWhitespace}},
		{"json.dumps", just(func(b []byte) []byte { return escaped(pythons(b)) }), is{diagnose.BodyWhitespace, diagnose.BodyUnicode}},
		{"json.Marshal of a map", sorted, is{diagnose.BodyKeyOrder, diagnose.BodyHTML}},
		{"json.Encoder of a map", func(t testing.TB, b []byte) []byte { return append(sorted(t, b), '\n') },
			is{diagnose.BodyNewlineAdded, diagnose.BodyKeyOrder, diagnose.BodyHTML}},
		{"slashes escaped", replaced("/", `\/`), is{diagnose.BodySlash}},
		{"letters escaped", just(escaped), is{diagnose.BodyUnicode}},
		{"PHP's json_encode", just(func(b []byte) []byte { return bytes.ReplaceAll(escaped(b), []byte("/"), []byte(`\/`)) }),
			is{diagnose.BodySlash, diagnose.BodyUnicode}},
		{"HTML escaped", just(func(b []byte) []byte {
			return []byte(strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(string(b)))
		}), is{diagnose.BodyHTML}},
		{"byte order mark", just(func(b []byte) []byte { return append([]byte("\ufeff"), b...) }), is{diagnose.BodyBOM}},
		{"Notepad", just(func(b []byte) []byte { return []byte("\ufeff" + string(b) + "\r\n") }), is{diagnose.BodyBOM, diagnose.BodyNewlineAdded}},
		{"Latin-1", just(throughLatin1), is{diagnose.BodyCharset}},
		{"UTF-16", just(utf16le), is{diagnose.BodyUTF16}},
		{"UTF-16 with a line end", just(func(b []byte) []byte { return utf16le(append(bytes.Clone(b), "\r\n"...)) }),
			is{diagnose.BodyUTF16, diagnose.BodyNewlineAdded}},
		{"Base64", just(func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) }), is{diagnose.BodyBase64}},
		{"encoded twice", func(t testing.TB, b []byte) []byte {
			out, err := json.Marshal(string(b))
			assert.NilError(t, err)
			return out
		}, is{diagnose.BodyTwice}},
		{"buffer behind it", just(func(b []byte) []byte { return append(bytes.Clone(b), make([]byte, 40)...) }), is{diagnose.BodyMore}},
		{"two requests in one", just(func(b []byte) []byte { return append(bytes.Clone(b), b...) }), is{diagnose.BodyMore}},
		{"empty", just(func([]byte) []byte { return nil }), is{diagnose.BodyEmpty}},
		{"printed by JavaScript", just(func([]byte) []byte { return []byte("[object Object]") }), is{diagnose.BodyPrinted, diagnose.BodyChanged}},
		{"printed by Python", replaced(`"`, "'"), is{diagnose.BodyPrinted, diagnose.BodyChanged}},
		{"gzip", just(gzipped), is{diagnose.BodyCompressed}},
		{"gzip with a line end", just(func(b []byte) []byte { return append(gzipped(b), '\n') }), is{diagnose.BodyCompressed}},
		{"gzip in Base64", just(func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(gzipped(b))) }),
			is{diagnose.BodyBase64, diagnose.BodyCompressed}},
		{"deflate", just(func(b []byte) []byte {
			return packed(b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
		}), is{diagnose.BodyCompressed}},
		{"br", just(func(b []byte) []byte {
			return packed(b, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })
		}), is{diagnose.BodyCompressed}},
		{"gzip, indented before", func(t testing.TB, b []byte) []byte { return gzipped(indented(t, b, "", "  ")) },
			is{diagnose.BodyCompressed, diagnose.BodyWhitespace}},
		{"half of a gzip", just(func(b []byte) []byte { return gzipped(b)[:200] }), is{diagnose.BodyCompressed, diagnose.BodyChanged}},
		{"gzip as text", just(func(b []byte) []byte { return bytes.ToValidUTF8(gzipped(b), []byte("\ufffd")) }),
			is{diagnose.BodyLossy, diagnose.BodyCompressed, diagnose.BodyChanged}},
		{"a Buffer as JSON", just(func(b []byte) []byte { return []byte(`{"type":"Buffer","data":` + listed(b) + "}") }), is{diagnose.BodyBuffer}},
		{"a Buffer as JSON, indented", func(t testing.TB, b []byte) []byte {
			return indented(t, []byte(`{"type":"Buffer","data":`+listed(b)+"}"), "", "  ")
		}, is{diagnose.BodyBuffer}},
		{"a list of numbers", just(func(b []byte) []byte { return []byte(listed(b)) }), is{diagnose.BodyBuffer}},
		{"a Uint8Array as JSON", just(func(b []byte) []byte {
			var out strings.Builder
			for i, c := range b {
				fmt.Fprintf(&out, `,"%d":%d`, i, c)
			}
			return []byte("{" + out.String()[1:] + "}")
		}), is{diagnose.BodyBuffer}},
		{"URL-encoded", just(percent), is{diagnose.BodyForm}},
		{"URL-encoded as a form", just(func(b []byte) []byte { return []byte(url.QueryEscape(string(b))) }), is{diagnose.BodyForm}},
		{"in a field", just(func(b []byte) []byte { return append([]byte("payload="), percent(b)...) }), is{diagnose.BodyForm}},
		{"in a field, as it is", just(func(b []byte) []byte { return append([]byte("payload="), b...) }), is{diagnose.BodyForm}},
		{"the name of a field", just(func(b []byte) []byte { return append(percent(b), '=') }), is{diagnose.BodyForm}},
		{"fields with brackets", func(t testing.TB, b []byte) []byte { return fields(t, b, "%s[%s]") }, is{diagnose.BodyForm}},
		{"fields with dots", func(t testing.TB, b []byte) []byte { return fields(t, b, "%s.%s") }, is{diagnose.BodyForm}},
		{"fields in order of names", func(t testing.TB, b []byte) []byte {
			parts := strings.Split(string(fields(t, b, "%s[%s]")), "&")
			slices.Sort(parts)
			return []byte(strings.Join(parts, "&"))
		}, is{diagnose.BodyForm, diagnose.BodyKeyOrder}},
		{"fields that lack one", func(t testing.TB, b []byte) []byte {
			return bytes.Replace(fields(t, b, "%s[%s]"), []byte("meeting%5Btitle%5D="), []byte("title="), 1)
		}, is{diagnose.BodyForm, diagnose.BodyChanged}},
		{"cut", just(func(b []byte) []byte { return b[:len(b)-50] }), is{diagnose.BodyTruncated, diagnose.BodyChanged}},
		{"cut within a letter", just(func(b []byte) []byte { return b[:bytes.Index(b, []byte("日"))+1] }), is{diagnose.BodyTruncated, diagnose.BodyChanged}},
		{"the last bracket lost", just(func(b []byte) []byte { return b[:len(b)-1] }), is{diagnose.BodyTruncated}},
		{"letters to question marks", just(ascii), is{diagnose.BodyQuestion, diagnose.BodyChanged}},
		{"letters lost", replaced("日", "\ufffd"), is{diagnose.BodyLossy, diagnose.BodyChanged}},
		{"members lost", just(func(b []byte) []byte {
			at := bytes.Index(b, []byte(`,"organizedBy":`))
			end := at + bytes.IndexByte(b[at:], '}') + 1
			return append(bytes.Clone(b[:at]), b[end:]...)
		}), is{diagnose.BodyMembers, diagnose.BodyChanged}},
		{"tampered", replaced("Zoë", "Zoe"), is{diagnose.BodyChanged}},
	}
}

func TestEveryMistakeOfTheBodyIsReported(t *testing.T) {
	signed := joined(t)
	signature := sign(t, signed)
	for _, m := range mistakes() {
		t.Run(m.name, func(t *testing.T) {
			body := m.apply(t, signed)
			r := diagnosed(t, diagnose.Case{Body: body, Signature: signature})
			assert.DeepEqual(t, ids(r), m.want)
			assert.Assert(t, !r.Valid)
			last := m.want[len(m.want)-1]
			assert.Equal(t, r.Findings[0].Suspected, last == diagnose.BodyChanged && len(m.want) > 1)
			proved := last != diagnose.BodyChanged && last != diagnose.BodyEmpty
			assert.Equal(t, r.Explained, proved)
			if proved {
				assert.DeepEqual(t, r.Signed, signed)
				assert.NilError(t, rtk.Verify(&ownKey.PublicKey, r.Signed, signature))
			}
			assert.Assert(t, r.SignedSHA256 != "" && r.SignedSHA256 != r.BodySHA256)
		})
	}
}

// What was signed in a special way that the body has lost since.
func TestMistakesAreReportedTheOtherWayRound(t *testing.T) {
	compact := joined(t)
	pretty := indented(t, compact, "", "  ")
	type is = []diagnose.ID
	for _, c := range []struct {
		name         string
		signed, body []byte
		want         []diagnose.ID
	}{
		{"newline lost", append(bytes.Clone(compact), '\n'), compact, is{diagnose.BodyNewlineLost}},
		{"CRLF lost", append(bytes.Clone(compact), "\r\n"...), compact, is{diagnose.BodyNewlineLost}},
		{"indentation lost", pretty, compact, is{diagnose.BodyWhitespace}},
		{"indented with tabs", indented(t, compact, "", "\t"), pretty, is{diagnose.BodyWhitespace}},
		{"LF became CRLF", pretty, bytes.ReplaceAll(pretty, []byte("\n"), []byte("\r\n")), is{diagnose.BodyLineEnds}},
		{"CRLF became LF", bytes.ReplaceAll(pretty, []byte("\n"), []byte("\r\n")), pretty, is{diagnose.BodyLineEnds}},
		{"LF became CRLF at the end as well", append(bytes.Clone(pretty), '\n'),
			bytes.ReplaceAll(append(bytes.Clone(pretty), '\n'), []byte("\n"), []byte("\r\n")), is{diagnose.BodyLineEnds}},
		{"indentation and newline lost", append(bytes.Clone(pretty), '\n'), compact, is{diagnose.BodyNewlineLost, diagnose.BodyWhitespace}},
		{"escapes lost", escaped(compact), compact, is{diagnose.BodyUnicode}},
		{"slashes lost", bytes.ReplaceAll(compact, []byte("/"), []byte(`\/`)), compact, is{diagnose.BodySlash}},
		{"PHP's escapes lost", bytes.ReplaceAll(escaped(compact), []byte("/"), []byte(`\/`)), compact, is{diagnose.BodySlash, diagnose.BodyUnicode}},
		{"JSON.stringify of what json.dumps signed", escaped(pythons(compact)), compact, is{diagnose.BodyWhitespace, diagnose.BodyUnicode}},
		{"byte order mark lost", append([]byte("\ufeff"), compact...), compact, is{diagnose.BodyBOM}},
		{"written as Latin-1", []byte(`{"name":"Zoë"}`), []byte("{\"name\":\"Zo\xeb\"}"), is{diagnose.BodyCharset}},
		{"Windows-1252", []byte(`{"name":"“Zoë”"}`), []byte("{\"name\":\"â€œZoÃ«â€\u009d\"}"), is{diagnose.BodyCharset}},
		{"signed in order of names", sorted(t, compact), compact, is{diagnose.BodyKeyOrder, diagnose.BodyHTML}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: c.body, Signature: sign(t, c.signed)})
			assert.DeepEqual(t, ids(r), c.want)
			assert.DeepEqual(t, r.Signed, c.signed)
		})
	}
}

// What parsing changes, or a store, in a value that is no object.
func TestARetypedValueIsReported(t *testing.T) {
	with := func(pairs ...string) []byte {
		values := map[string]string{"S": `"1024"`, "D": "120", "R": "0.5", "T": `"é"`, "P": "null"}
		for i := 0; i < len(pairs); i += 2 {
			values[pairs[i]] = pairs[i+1]
		}
		return fmt.Appendf(nil, `{"event":"recording.statusUpdate","recording":{"fileSize":%s,"recordingDuration":%s,"rate":%s},"meeting":{"title":%s,"picture":%s}}`,
			values["S"], values["D"], values["R"], values["T"], values["P"])
	}
	type is = []diagnose.ID
	for _, c := range []struct {
		name         string
		signed, body []byte
		want         is
		detail       string
	}{
		{"a fraction", with(), with("D", "120.0"), is{diagnose.BodyNumbers}, "recording.recordingDuration: 120.0 here, 120 when it was signed"},
		{"a fraction lost", with("D", "120.0"), with(), is{diagnose.BodyNumbers}, "recording.recordingDuration: 120 here, 120.0 when it was signed"},
		{"an exponent", with("D", "1200000"), with("D", "1.2e+06"), is{diagnose.BodyNumbers}, "recording.recordingDuration: 1.2e+06 here, 1200000 when it was signed"},
		{"two of them", with("S", "7"), with("S", "7.0", "D", "120.0"), is{diagnose.BodyNumbers},
			"recording.fileSize: 7.0 here, 7 when it was signed, and 1 more like it"},
		{"one of two", with("S", "7.0"), with("S", "7.0", "D", "120.0"), is{diagnose.BodyNumbers},
			"recording.recordingDuration: 120.0 here, 120 when it was signed"},
		{"two of three", with("S", "7", "R", "5.0"), with("S", "7.0", "D", "120.0", "R", "5.0"), is{diagnose.BodyNumbers},
			"recording.fileSize: 7.0 here, 7 when it was signed, and 1 more like it"},
		{"text to number", with(), with("S", "1024"), is{diagnose.BodyNumbers}, `recording.fileSize: 1024 here, "1024" when it was signed`},
		{"number to text", with(), with("D", `"120"`), is{diagnose.BodyNumbers}, `recording.recordingDuration: "120" here, 120 when it was signed`},
		{"a fraction, by json.dumps", with(), escaped(pythons(with("D", "120.0"))), is{diagnose.BodyNumbers, diagnose.BodyWhitespace, diagnose.BodyUnicode}, ""},
		{"empty to null", with("T", `""`, "P", "7"), with("T", "null", "P", "7"), is{diagnose.BodyNulls}, `meeting.title: null here, "" when it was signed`},
		{"empty to null beside a null", with("T", `""`), with("T", "null"), is{diagnose.BodyNulls}, `meeting.title: null here, "" when it was signed`},
		{"null to empty", with(), with("P", `""`), is{diagnose.BodyNulls}, `meeting.picture: "" here, null when it was signed`},
		{"both", with("T", `""`, "P", "7"), with("D", "120.0", "T", "null", "P", "7.0"), is{diagnose.BodyNumbers, diagnose.BodyNulls}, ""},
		{"a form", with("R", "true"), fields(t, with("D", `"120"`, "R", `"true"`, "P", `"null"`), "%s[%s]"), is{diagnose.BodyForm, diagnose.BodyNumbers}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: c.body, Signature: sign(t, c.signed)})
			assert.DeepEqual(t, ids(r), c.want)
			assert.Assert(t, r.Explained)
			assert.DeepEqual(t, string(r.Signed), string(c.signed))
			if c.detail != "" {
				assert.Equal(t, r.Findings[0].Detail, c.detail)
			}
		})
	}
}

// A letter that became a question mark is found again, if it is one of Europe's.
func TestALetterThatBecameAQuestionMarkIsFound(t *testing.T) {
	for _, c := range []struct{ signed, body, detail string }{
		{"Zoë", "Zo?", "Zo? here, Zoë when it was signed"},
		{"Zoë", "Zo??", "Zo?? here, Zoë when it was signed"},
		{"Ærø's “cafe", "?r?'s ?cafe", ""}, // three letters: likely only
		{"Zoë, ready?", "Zo?, ready?", "Zo?, here, Zoë, when it was signed"},
		{"Дa", "?a", "?a here, Дa when it was signed"},
		{"it’s", "it???s", "it???s here, it’s when it was signed"},
	} {
		event := `{"event":"meeting.ended","by":"X"}`
		r := diagnosed(t, diagnose.Case{
			Body:      []byte(strings.Replace(event, "X", c.body, 1)),
			Signature: sign(t, []byte(strings.Replace(event, "X", c.signed, 1))),
		})
		assert.Equal(t, r.Findings[0].ID, diagnose.BodyQuestion, c.body)
		assert.Equal(t, r.Explained, c.detail != "", c.body)
		assert.Equal(t, r.Findings[0].Suspected, c.detail == "", c.body)
		if c.detail != "" {
			assert.Equal(t, r.Findings[0].Detail, c.detail)
		}
	}
}

func TestTheBeginningOfAnotherBodyIsTruncated(t *testing.T) {
	whole := joined(t)
	r := diagnosed(t, diagnose.Case{
		Body: whole[:100], Signature: sign(t, whole), Known: []diagnose.Known{{"line 2", whole}},
	})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.BodyTruncated})
	assert.Equal(t, r.Findings[0].Detail, fmt.Sprintf("these are the first 100 of the %d bytes of line 2", len(whole)))
	assert.Assert(t, r.Explained && !r.Findings[0].Suspected)
}

func TestWhatClosesATruncatedBodyIsFound(t *testing.T) {
	for _, c := range []struct{ signed, body, detail string }{
		{`{"a":[{"b":1}]}`, `{"a":[{"b":1`, "}]} is missing after 12 bytes"},
		{`{"a":"b\"{"}`, `{"a":"b\"{`, `"} is missing after 10 bytes`},
		{`{"a":"b\\"}`, `{"a":"b\\"`, "} is missing after 10 bytes"},
	} {
		r := diagnosed(t, diagnose.Case{Body: []byte(c.body), Signature: sign(t, []byte(c.signed))})
		assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.BodyTruncated})
		assert.Equal(t, r.Findings[0].Detail, c.detail)
		assert.Equal(t, string(r.Signed), c.signed)
	}
}

// Bodies that have changed in a way that nothing explains, and look as if something did.
func TestWhatOnlyLooksLikeAMistakeIsNotReported(t *testing.T) {
	event := func(title string) string {
		return `{"event":"x","meeting":{"title":"` + title + `"},"link":"https://example.com/a?b=c&event=d"}`
	}
	for _, c := range []struct{ reason, signed, body string }{
		{"bytes that are no text are not Brotli", event("a"), "\x8b\xff\x00\x01 binary"},
		{"Brotli of something else", event("a"), string(packed([]byte(event("b")), func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }))},
		{"gzip of something else", event("a"), string(gzipped([]byte(event("b"))))},
		{"a Buffer of something else", event("a"), `{"type":"Buffer","data":` + listed([]byte(event("b"))) + "}"},
		{"numbers that are no bytes", event("a"), `{"type":"Buffer","data":[300,-1]}`},
		{"an index is missing", event("a"), `{"0":123,"2":125}`},
		{"a link has the form of a form", event("a"), event("b")},
		{"a text with an equals sign", event("a"), "event = a"},
		{"a form without event", event("a"), "name=b&title=c"},
		{"JSON that is broken in the middle", event("a"), `{"event":"x",,"meeting":{`},
		{"JSON with a bracket too many", event("a"), event("b") + "}"},
		{"a question", event("Ready?"), event("Really ready?")},
		{"two question marks", event("Ready??"), event("Really ready??")},
		{"a question mark that stands alone", event("Ready ?"), event("Really ready ?")},
		{"a number that is another", `{"event":"x","n":1800}`, `{"event":"x","n":1801}`},
		{"a number that was rounded", `{"event":"x","n":1800.25}`, `{"event":"x","n":1800.3}`},
		{"digits of a longer text", `{"event":"x","n":"v1"}`, `{"event":"x","n":"v2","m":12}`},
		{"null in place of a text", `{"event":"x","n":"a"}`, `{"event":"x","n":null}`},
		{"a text of one space", `{"event":"x","n":" "}`, `{"event":"x","n":""}`},
	} {
		r := diagnosed(t, diagnose.Case{Body: []byte(c.body), Signature: sign(t, []byte(c.signed))})
		assert.Equal(t, fmt.Sprint(ids(r)), "[body/changed]", c.reason)
	}
	// What was signed as it stands is right, whatever it looks like.
	for _, m := range mistakes() {
		body := m.apply(t, joined(t))
		assert.Assert(t, diagnosed(t, diagnose.Case{Body: body, Signature: sign(t, body)}).Valid, m.name)
	}
}

// What JSON.stringify made of a body, and nothing else, is in Dyte's old guide.
func TestTheOriginOfAStringifiedBodyIsTold(t *testing.T) {
	const guide = "Dyte's old guide: it verified the RSA signature over JSON.stringify(payload)"
	compact := joined(t)
	for _, c := range []struct {
		reason       string
		signed, body []byte
		want         string
	}{
		{"it removes white space", pythons(compact), compact, guide},
		{"it writes letters out", escaped(compact), compact, guide},
		{"and slashes", bytes.ReplaceAll(compact, []byte("/"), []byte(`\/`)), compact, guide},
		{"and numbers in the shortest way", []byte(`{"event":"x","n":120.0}`), []byte(`{"event":"x","n":120}`), guide},
		{"a Buffer is an object for it", compact, []byte(`{"type":"Buffer","data":` + listed(compact) + "}"), guide},
		{"Python has spaces", compact, pythons(compact), ""},
		{"it does not indent", compact, indented(t, compact, "", "  "), ""},
		{"it writes no escapes", compact, escaped(compact), ""},
		{"it does not sort", pythons(compact), sorted(t, compact), ""},
		{"a line break lost is a trim", append(bytes.Clone(compact), '\n'), compact, ""},
		{"it writes 120", []byte(`{"event":"x","n":120}`), []byte(`{"event":"x","n":120.0}`), ""},
	} {
		r := diagnosed(t, diagnose.Case{Body: c.body, Signature: sign(t, c.signed)})
		assert.Assert(t, r.Explained, c.reason)
		assert.Equal(t, r.Findings[0].Origin, c.want, c.reason)
	}
}

// The order of each of the guide's samples comes back from any other.
func TestTheOrderOfEveryEventIsFound(t *testing.T) {
	for _, event := range rtk.EventTypes() {
		t.Run(string(event), func(t *testing.T) {
			signed := sample(t, event, "")
			body := indented(t, sorted(t, signed), "", "  ")
			r := diagnosed(t, diagnose.Case{Body: body, Signature: sign(t, signed)})
			assert.Assert(t, r.Explained, "%v", ids(r))
			assert.DeepEqual(t, string(r.Signed), string(signed))
		})
	}
}

// The service may have a meeting's members in the order of another sample.
func TestTheOrderOfAnotherSamplesMeetingIsFound(t *testing.T) {
	body := sample(t, rtk.MeetingStarted, "")
	moved := `"sessionId":"`
	at := bytes.Index(body, []byte(moved))
	member := body[at-1 : at+len(moved)+37] // the comma before it, and the uuid
	signed := bytes.Replace(body, member, nil, 1)
	signed = bytes.Replace(signed, []byte(`,"title":`), append(bytes.Clone(member), `,"title":`...), 1)
	assert.Assert(t, json.Valid(signed) && !bytes.Equal(signed, body))
	r := diagnosed(t, diagnose.Case{Body: body, Signature: sign(t, signed)})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.BodyKeyOrder})
	assert.DeepEqual(t, r.Signed, signed)
	assert.Equal(t, r.Findings[0].Detail, "meeting.title stands where meeting.sessionId was signed")
}

func TestASignatureOfAnotherDeliveryIsReportedWithItsName(t *testing.T) {
	other := sample(t, rtk.MeetingEnded, "")
	r := diagnosed(t, diagnose.Case{
		Body: joined(t), Signature: sign(t, other),
		Known: []diagnose.Known{{"line 1", joined(t)}, {"line 2", other}},
	})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.BodyOther})
	assert.Equal(t, r.Findings[0].Detail, "it belongs to line 2")
	assert.DeepEqual(t, r.Signed, other)
}
