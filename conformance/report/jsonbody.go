package report

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func (v *view) jsonHeader(h http.Header) map[string][]string {
	out := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if len(h[name]) == 0 {
			continue // not on the wire
		}
		var shown []string
		for _, value := range h[name] {
			shown = append(shown, v.redactor.Field(name, value))
		}
		// Names that differ in bytes JSON cannot hold must not become twins.
		legible := strings.ToValidUTF8(name, "\uFFFD")
		out[legible] = append(out[legible], shown...)
	}
	return out
}

// exactHeader holds the fields of a header in Base64, if one of them is not
// UTF-8.
func (v *view) exactHeader(h http.Header) map[string][]string {
	out, odd := map[string][]string{}, false
	encode := func(s string) string {
		odd = odd || !utf8.ValidString(s)
		return base64.StdEncoding.EncodeToString([]byte(s))
	}
	for name, values := range h {
		for _, value := range values {
			out[encode(name)] = append(out[encode(name)], encode(v.redactor.Field(name, value)))
		}
	}
	if !odd {
		return nil
	}
	return out
}

// newBody holds a body as text where it is UTF-8, else in Base64: either way
// exactly.
func newBody(b []byte, size int, truncated bool) jsonBody {
	out := jsonBody{Bytes: size, Truncated: truncated}
	text := string(b)
	if utf8.Valid(b) {
		out.Body = &text
		return out
	}
	text = base64.StdEncoding.EncodeToString(b)
	out.BodyBase64 = &text
	return out
}

func newFraming(f mutation.Framing) *jsonFraming {
	if f == (mutation.Framing{}) {
		return nil
	}
	return &jsonFraming{
		Chunked: f.Chunked, ExpectContinue: f.ExpectContinue, Pieces: f.Pieces,
		PauseMS: millis(f.Pause), CutAt: f.CutAt, FreshConnection: f.FreshConnection,
	}
}
