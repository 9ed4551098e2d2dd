package recording_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

func TestReadingIsStrictAndNamesLineAndField(t *testing.T) {
	const good = `{"method":"POST","url":"http://h/","headers":{},"body":""}`
	// with returns the good record with a further member.
	with := func(member string) string { return good[:len(good)-1] + "," + member + "}" }
	for _, tc := range []struct{ reason, text, want string }{
		{"not JSON", `hello`, `found "hello", want an object`},
		{"not an object", `[1]`, "found an array, want an object"},
		{"cut off", good[:20], "the line ends within a string"},
		{"cut off within a string", good[:len(good)-2], "body: the line ends within a string"},
		{"two on a line", good + good, "found an object, want the end of the line"},
		{"a byte order mark", "\xef\xbb\xbf" + good, "it begins with a byte order mark"},
		{"Latin-1", strings.Replace(good, "h/", "\xe9/", 1), "it is not UTF-8"},
		{"no method", strings.Replace(good, `"method":"POST",`, "", 1), "method: the member is missing"},
		{"no body", strings.Replace(good, `,"body":""`, "", 1), "body: the member is missing"},
		{"no headers", strings.Replace(good, `"headers":{},`, "", 1), "headers: the member is missing"},
		{"misspelt", strings.Replace(good, "url", "URL", 1), "URL: the member is unknown, want method, url"},
		{"twice", with(`"body":"x"`), "body: the member is there twice"},
		{"both bodies", with(`"body_base64":""`), "body_base64: body and body_base64 exclude each other"},
		{"a method that would split the request", strings.Replace(good, "POST", "A B", 1), `method: "A B" is not a method`},
		{"a number for a header", strings.Replace(good, "{}", `{"a":1}`, 1), `headers.a: found "1", want a string or an array of strings`},
		{"null for a header", strings.Replace(good, "{}", `{"a":null}`, 1), `headers.a: found "null", want a string`},
		{"a number among values", strings.Replace(good, "{}", `{"a":["x",1]}`, 1), `headers.a[1]: found "1", want a string`},
		{"a header twice", strings.Replace(good, "{}", `{"a":"1","a":"2"}`, 1), "headers.a: the member is there twice"},
		{"a header that splits", strings.Replace(good, "{}", `{"a":"x\r\ny: z"}`, 1), "headers: the value of the header a holds a line break"},
		{"a header name that splits", strings.Replace(good, "{}", `{"a: b":"x"}`, 1), "headers.a: b: the header name is not a token"},
		{"half a pair of surrogates", strings.Replace(good, `"body":""`, `"body":"\ud83d"`, 1), "body: half a surrogate pair"},
		{"two first halves", strings.Replace(good, `"body":""`, `"body":"\ud83d\ud83d"`, 1), "body: half a surrogate pair"},
		{"an escape that is none", strings.Replace(good, `"body":""`, `"body":"\x41"`, 1), `body: "\\x" is not an escape`},
		{"a short escape", strings.Replace(good, `"body":""`, `"body":"\u41"`, 1), `body: \u wants four`},
		{"an escape of controls", strings.Replace(good, `"body":""`, "\"body\":\"\\u\x10\x10\x10\x10\"", 1), `body: \u wants four`},
		{"a header twice among many", strings.Replace(good, "{}", manyHeaders(100), 1), "headers.h0: the member is there twice"},
		{"a bare tab", strings.Replace(good, `"body":""`, "\"body\":\"\t\"", 1), "body: the control character"},
		{"the URL alphabet", strings.Replace(good, `"body":""`, `"body_base64":"_w=="`, 1), "body_base64: want standard Base64"},
		{"no padding", strings.Replace(good, `"body":""`, `"body_base64":"/w"`, 1), "body_base64: want standard Base64"},
		{"stray bits", strings.Replace(good, `"body":""`, `"body_base64":"/x=="`, 1), "body_base64: want standard Base64"},
		{"a line break in Base64", strings.Replace(good, `"body":""`, `"body_base64":"/w\n=="`, 1), "body_base64: want standard Base64"},
		{"another object for a string", strings.Replace(good, `"http://h/"`, `{"base46":""}`, 1), "url.base46: the member is unknown, want base64"},
		{"no object for a string", strings.Replace(good, `"http://h/"`, `{}`, 1), "url.base64: the member is missing"},
		{"an unknown framing", with(`"framing":{"gzip":true}`), "framing.gzip: the member is unknown"},
		{"a string for a flag", with(`"framing":{"chunked":"yes"}`), "framing.chunked: found a string, want true or false"},
		{"no piece", with(`"framing":{"pieces":0}`), `framing.pieces: found "0", want a whole number from 1`},
		{"half a piece", with(`"framing":{"pieces":1.5}`), `framing.pieces: found "1.5", want a whole number from 1`},
		{"a negative pause", with(`"framing":{"pause_ms":-1}`), `framing.pause_ms: found "-1", want a number of milliseconds`},
		{"an exponent", with(`"framing":{"pause_ms":1e3}`), `framing.pause_ms: found "1e3", want a number of milliseconds`},
		{"a point without decimals", with(`"framing":{"pause_ms":1.}`), `framing.pause_ms: found "1."`},
		{"a leading zero", with(`"framing":{"pause_ms":01}`), `framing.pause_ms: found "01"`},
		{"more than time has", with(`"framing":{"pause_ms":9999999999999999}`), "framing.pause_ms: found"},
		{"genuine or not", with(`"delivery":{}`), "delivery.genuine: the member is missing"},
		{"a local time", with(`"delivery":{"genuine":true,"at":"yesterday"}`), `delivery.at: found "yesterday", want a time`},
		{"an unknown member of delivery", with(`"delivery":{"id":"x"}`), "delivery.id: the member is unknown"},
		{"mutations that are one", with(`"delivery":{"mutations":"x"}`), "delivery.mutations: found a string, want an array"},
		{"neither status nor error", with(`"outcome":{"took_ms":1}`), "outcome: there is neither a status nor an error"},
		{"status and error", with(`"outcome":{"status":200,"error":{"class":"reset"}}`), "outcome.error: there is already another status"},
		{"a status of four digits", with(`"outcome":{"status":1000}`), "outcome.status: found"},
		{"no time", with(`"outcome":{"status":200}`), "outcome.took_ms: the member is missing"},
		{"an error without a class", with(`"outcome":{"error":{"message":"x"},"took_ms":1}`), "outcome.error.class: the member is missing"},
		{"an unknown member of error", with(`"target":{"error":{"code":"x"}}`), "target.error.code: the member is unknown"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			all, err := readAll(good + "\n\n" + tc.text + "\n" + good)
			assert.Equal(t, len(all), 1, "%v", err)
			assert.ErrorIs(t, err, recording.ErrRecord)
			assert.ErrorContains(t, err, "(line 3): "+tc.want)
			e := new(recording.Error)
			assert.Assert(t, errors.As(err, &e))
			assert.Equal(t, e.Line, 3)
		})
	}
}

// manyHeaders returns an object of n headers and the first of them again.
func manyHeaders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"h%d":"x",`, i)
	}
	return "{" + b.String() + `"h0":"y"}`
}
