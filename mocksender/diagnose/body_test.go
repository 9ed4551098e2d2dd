package diagnose_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

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
