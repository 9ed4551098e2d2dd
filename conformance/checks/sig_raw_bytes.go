package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// rawFix says how to get the raw bytes in common frameworks.
const rawFix = "Verify the bytes as they came, before any parsing: express.raw() in Express, request.arrayBuffer() in Workers, request.get_data() in Flask, await request.body() in FastAPI, io.ReadAll in Go."

func sigRawBytes() *conformance.Check {
	return &conformance.Check{
		ID: "sig/raw-bytes", Title: "the signature is verified over the raw bytes, however they are laid out",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S11"},
		Doc: "A receiver that parses the body and serialises it again verifies its own bytes. That works until the sender's layout differs from the receiver's serialiser, and then every delivery is refused and lost.",
		Fix: rawFix,
		Run: func(p *conformance.Probe) {
			var labels []string
			var events []rtk.Event
			for _, l := range layouts() {
				e := p.FreshAny()
				labels = append(labels, l.name)
				events = append(events, rtk.Event{Type: e.Type, Body: l.change(e.Body)})
			}
			notDroppedForThis(p, acceptAll(p, labels, events)...)
		},
	}
}

// acceptAll sends events, and records a violation for each that is not accepted.
func acceptAll(p *conformance.Probe, labels []string, events []rtk.Event) []*exchange.Exchange {
	p.Send().Presign(events...)
	xs := make([]*exchange.Exchange, len(events))
	for i, e := range events {
		xs[i] = p.Accept(labels[i], e)
	}
	return xs
}

// layout is another way to write the same JSON value.
type layout struct {
	name   string
	change func([]byte) []byte
}

func layouts() []layout {
	return []layout{
		{"a body with odd spacing", func(b []byte) []byte { return bytes.ReplaceAll(indented(b), []byte("\n  "), []byte("\n\t ")) }},
		{"a body with another key order", reversed},
		{`a body with slashes written \/`, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("/"), []byte(`\/`)) }},
		{`a body with é written \u00e9`, func(b []byte) []byte { return named(b, `"Ren\u00e9e Dupr\u00e9"`) }},
		{"a body with CRLF line ends", func(b []byte) []byte { return bytes.ReplaceAll(indented(b), []byte("\n"), []byte("\r\n")) }},
		{"a body with a trailing newline", func(b []byte) []byte { return append(slices.Clone(b), '\n') }},
	}
}

func indented(body []byte) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		return body
	}
	return out.Bytes()
}

// reversed writes the members of an object in the opposite order.
func reversed(body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return body
	}
	var members []string
	for dec.More() {
		var value json.RawMessage
		name, err := dec.Token()
		if err != nil || dec.Decode(&value) != nil {
			return body
		}
		members = append(members, fmt.Sprintf("%q:%s", name, value))
	}
	slices.Reverse(members)
	return []byte("{" + strings.Join(members, ",") + "}")
}

func sigUTF8() *conformance.Check {
	return &conformance.Check{
		ID: "sig/utf8", Title: "names in any script are verified as they were sent",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S11"},
		Doc: "A body read as Latin-1, re-encoded or normalised is no longer what was signed. It goes unnoticed until somebody with an accent in the name joins.",
		Fix: rawFix + " Never go through a string before verifying.",
		Run: func(p *conformance.Probe) {
			var labels []string
			var events []rtk.Event
			for _, text := range []struct{ name, raw string }{
				{"an Arabic name", "ليلى العلي"},
				{"a Hindi name", "अनन्या शर्मा"},
				{"a Chinese name", "王小明"},
				{"a name with an emoji", "Zoë 🦊"},
				{"a name in NFD", "Rene\u0301e Bo\u0308hm"},
			} {
				for _, form := range []struct{ how, value string }{
					{"raw", `"` + text.raw + `"`},
					{"escaped", payload.Escaped(text.raw)},
				} {
					e := p.FreshAny()
					labels = append(labels, text.name+", "+form.how)
					events = append(events, rtk.Event{Type: e.Type, Body: named(e.Body, form.value)})
				}
			}
			notDroppedForName(p, conformance.Warn, acceptAll(p, labels, events)...)
		},
	}
}

func sigBase64Leniency() *conformance.Check {
	return &conformance.Check{
		ID: "sig/base64-leniency", Title: "the signature's Base64 is read strictly",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "A lenient decoder accepts one signature in many spellings. That lets nobody in, but it can mislead deduplication or logging by signature.",
		Fix: "Nothing has to be fixed; a strict decoder is tidier.",
		Run: func(p *conformance.Probe) {
			for _, v := range []struct{ label, mutation string }{
				{"white space", "signature/padded-space"},
				{"missing padding", "signature/unpadded"},
				{"the URL alphabet", "signature/url-alphabet"},
			} {
				x := p.Try("a genuine signature with "+v.label, fresh(p, p.Mutation(v.mutation)))
				if x.Accepted() {
					p.On(x).Violation("%s is accepted", v.label)
				}
			}
		},
	}
}
