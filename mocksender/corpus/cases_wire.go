package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// textCases are names that people have, raw and escaped. The guide: "changes in
// whitespace or key order can change the signed bytes". So does every other way
// to write the same text.
func textCases() []Case {
	var all []Case
	for _, text := range []struct{ name, raw, doc string }{
		{"arabic", "ليلى العلي", "written from right to left"},
		{"hindi", "अनन्या शर्मा", "with combining vowel signs"},
		{"chinese", "王小明", "of three bytes a character"},
		{"emoji", "Zoë 🦊", "with a character beyond the basic plane: four bytes, or two escapes"},
		{"nfd", "Rene\u0301e", "with a combining accent, which normalising would change"},
	} {
		for _, form := range []struct{ name, value, doc string }{
			{"unicode-" + text.name, quoted(text.raw), "in UTF-8"},
			{"escaped-" + text.name, payload.Escaped(text.raw), `as \u escapes, which parsing and writing anew would change`},
		} {
			all = append(all, Case{
				Name: form.name, Event: rtk.MeetingParticipantJoined, Basis: Inferred,
				Doc: fmt.Sprintf("A name %s, %s.", text.doc, form.doc),
				make: func(r *round) ([]byte, error) {
					return r.set(rtk.MeetingParticipantJoined, "participant.userDisplayName", form.value)
				},
			})
		}
	}
	return append(all, Case{
		Name: "unicode-title", Event: rtk.MeetingStarted, Basis: Inferred,
		Doc: "A title in several scripts, with a line separator (U+2028), which JSON allows and older JavaScript does not.",
		make: func(r *round) ([]byte, error) {
			return r.set(rtk.MeetingStarted, "meeting.title", quoted("週次 – Недельный – أسبوعي\u2028😀"))
		},
	})
}

// quoted is s, which needs no escapes, as a JSON string.
func quoted(s string) string { return `"` + s + `"` }

// wireCases are other layouts of the same value. Each is signed as it is, so it
// verifies, but only over the raw bytes.
func wireCases() []Case {
	wire := func(name string, t rtk.EventType, doc string, change func([]byte) ([]byte, error)) Case {
		return Case{Name: name, Event: t, Basis: Inferred, Doc: doc, make: func(r *round) ([]byte, error) {
			body, err := r.sample(t)
			if err != nil {
				return nil, err
			}
			return change(body)
		}}
	}
	const t = rtk.MeetingParticipantJoined
	return []Case{
		wire("indented", t, "Indented by two spaces: verifies over the raw bytes alone.", func(b []byte) ([]byte, error) { return indent(b, "  ") }),
		wire("odd-spacing", t, "White space that no serialiser would write.", func(b []byte) ([]byte, error) {
			out, err := indent(b, "\t ")
			return bytes.ReplaceAll(out, []byte(`": `), []byte("\" :\t")), err
		}),
		wire("crlf", t, "Lines that end in CRLF: a proxy or a text mode that turns them into LF breaks the signature.", func(b []byte) ([]byte, error) {
			out, err := indent(b, "  ")
			return bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n")), err
		}),
		wire("trailing-newline", t, "A newline after the value, which is signed: trimming it breaks the signature.", func(b []byte) ([]byte, error) { return append(slices.Clip(b), '\n'), nil }),
		wire("other-key-order", t, "The members in the opposite order: a serialiser that sorts or knows the order breaks the signature.", reversed),
		wire("escaped-slashes", rtk.RecordingStatusUpdate, `Slashes written \/: parsing and writing anew unescapes them.`, func(b []byte) ([]byte, error) {
			return bytes.ReplaceAll(b, []byte("/"), []byte(`\/`)), nil
		}),
		wire("unknown-fields", t, "Members that nobody knows yet, at every level: to be ignored.", unknownFields),
	}
}

func indent(body []byte, by string) ([]byte, error) {
	var out bytes.Buffer
	err := json.Indent(&out, body, "", by)
	return out.Bytes(), err
}

// reversed moves all members but the last to the end, the last of them first.
func reversed(body []byte) ([]byte, error) {
	for _, name := range []string{"meeting", "event"} {
		value, err := payload.Get(body, name)
		if err == nil {
			body, err = payload.Unset(body, name)
		}
		if err == nil {
			body, err = payload.Set(body, name, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

func unknownFields(body []byte) ([]byte, error) {
	for _, path := range []string{"futureMember", "meeting.futureMember", "meeting.organizedBy.futureMember", "participant.futureMember"} {
		var err error
		if body, err = payload.Set(body, path, []byte(`{"since":2030,"list":[1,"a",null]}`)); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// headerCases differ only in the header.
func headerCases() []Case {
	const t = rtk.MeetingParticipantJoined
	sample := func(r *round) ([]byte, error) { return r.sample(t) }
	return []Case{
		{
			Name: "charset", Event: t, Basis: Inferred, make: sample,
			Doc: "The content type names its charset: a receiver that compares the whole value refuses it.",
			header: func(h http.Header) http.Header {
				h["Content-Type"] = []string{"application/json; charset=utf-8"}
				return h
			},
		},
		{
			Name: "header-case", Event: t, Basis: Inferred, make: sample,
			Doc: "The header names in capitals: they are the same names.",
			header: func(h http.Header) http.Header {
				upper := http.Header{}
				for name, values := range h {
					upper[strings.ToUpper(name)] = values
				}
				return upper
			},
		},
		{
			Name: "dyte-headers", Event: t, Basis: Practice, make: sample, names: rtk.HeadersDyte,
			Doc: "The predecessor's header names alone, as older receivers expect them.",
		},
		{
			Name: "both-headers", Event: t, Basis: Practice, make: sample, names: rtk.HeadersBoth,
			Doc: "The documented header names and the predecessor's, with the same values.",
		},
	}
}
