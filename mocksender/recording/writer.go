package recording

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// AppendJSON appends the line of r to b, without a line break. The error, which
// matches ErrRecord, is about what the form cannot hold: a header field that
// cannot be sent, a negative number, a year beyond four digits.
func (r Record) AppendJSON(b []byte) ([]byte, error) {
	w := writer{b: b}
	w.open('{')
	if !header.IsToken(r.Method) {
		w.fail("method", "%q is not a method", r.Method)
	}
	w.text("method", r.Method)
	w.text("url", r.URL)
	if err := header.Check(r.Header); err != nil {
		w.fail("headers", "%v", err)
	}
	w.header("headers", r.Header)
	w.body(r.Body)
	if r.Framing != (mutation.Framing{}) {
		w.framing(r.Framing)
	}
	if r.Delivery != nil {
		w.delivery(r.Delivery)
	}
	w.outcome("outcome", r.Outcome)
	w.outcome("target", r.Target)
	w.close('}')
	if w.err != nil {
		return b, w.err
	}
	return w.b, nil
}

// writer appends JSON. It keeps the first error.
type writer struct {
	b     []byte
	first bool // the innermost brackets are still empty
	err   error
}

func (w *writer) fail(field, format string, args ...any) {
	if w.err == nil {
		w.err = &Error{Field: field, Msg: fmt.Sprintf(format, args...)}
	}
}

func (w *writer) open(bracket byte) {
	w.b = append(w.b, bracket)
	w.first = true
}

func (w *writer) close(bracket byte) {
	w.b = append(w.b, bracket)
	w.first = false
}

// next begins a member, or an item where name is empty.
func (w *writer) next(name string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	if name != "" {
		w.b = append(appendString(w.b, name), ':')
	}
}

func (w *writer) text(name, value string) {
	w.next(name)
	w.value(value)
}

// value appends a string, as an object where it is not UTF-8.
func (w *writer) value(s string) {
	if utf8.ValidString(s) {
		w.b = appendString(w.b, s)
		return
	}
	w.b = append(w.b, `{"base64":"`...)
	w.b = base64.StdEncoding.AppendEncode(w.b, []byte(s))
	w.b = append(w.b, `"}`...)
}

func (w *writer) optionalText(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *writer) texts(name string, values []string) {
	w.next(name)
	w.open('[')
	for _, value := range values {
		w.text("", value)
	}
	w.close(']')
}

// header appends fields. Repeated names are arrays, names in order.
func (w *writer) header(name string, h http.Header) {
	w.next(name)
	w.open('{')
	for _, field := range header.Names(h) {
		if !header.IsToken(field) {
			w.fail(name, "the header name %q is not a token", field)
		}
		if values := h[field]; len(values) == 1 {
			w.text(field, values[0])
		} else {
			w.texts(field, values)
		}
	}
	w.close('}')
}

func (w *writer) body(body []byte) {
	if utf8.Valid(body) {
		w.next("body")
		w.b = appendString(w.b, body)
		return
	}
	w.next("body_base64")
	w.b = append(w.b, '"')
	w.b = base64.StdEncoding.AppendEncode(w.b, body)
	w.b = append(w.b, '"')
}

func (w *writer) flag(name string, value bool) {
	if value {
		w.next(name)
		w.b = append(w.b, "true"...)
	}
}

// number appends n, unless it is 0.
func (w *writer) number(name string, n int) {
	if n < 0 {
		w.fail(name, "%d is negative", n)
	}
	if n != 0 {
		w.next(name)
		w.b = strconv.AppendInt(w.b, int64(n), 10)
	}
}

// millis appends d in milliseconds.
func (w *writer) millis(name string, d time.Duration) {
	if d < 0 {
		w.fail(name, "%v is negative", d)
	}
	w.next(name)
	w.b = strconv.AppendInt(w.b, int64(d/time.Millisecond), 10)
	if rest := int64(d % time.Millisecond); rest > 0 {
		w.b = append(w.b, strings.TrimRight(fmt.Sprintf(".%06d", rest), "0")...)
	}
}

// instant appends t in UTC, unless it is zero.
func (w *writer) instant(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
		w.fail(name, "the year %d does not have four digits", t.Year())
	}
	w.next(name)
	w.b = append(w.b, '"')
	w.b = t.AppendFormat(w.b, time.RFC3339Nano)
	w.b = append(w.b, '"')
}

func (w *writer) framing(f mutation.Framing) {
	w.next("framing")
	w.open('{')
	w.flag("chunked", f.Chunked)
	w.flag("expect_continue", f.ExpectContinue)
	w.number("pieces", f.Pieces)
	if f.Pause != 0 {
		w.millis("pause_ms", f.Pause)
	}
	w.number("cut_at", f.CutAt)
	w.flag("fresh_connection", f.FreshConnection)
	w.close('}')
}

func (w *writer) delivery(d *Delivery) {
	w.next("delivery")
	w.open('{')
	w.optionalText("uuid", d.UUID)
	w.optionalText("webhook_id", d.WebhookID)
	w.optionalText("event", string(d.Event))
	w.number("attempt", d.Attempt)
	w.next("genuine")
	w.b = strconv.AppendBool(w.b, d.Genuine)
	if len(d.Mutations) > 0 {
		w.texts("mutations", d.Mutations)
	}
	w.optionalText("fault", d.Fault)
	w.flag("unreached", d.Unreached)
	w.flag("resent", d.Resent)
	w.instant("at", d.At)
	w.instant("meeting_time", d.MeetingTime)
	w.close('}')
}

func (w *writer) outcome(name string, o *Outcome) {
	if o == nil {
		return
	}
	w.next(name)
	w.open('{')
	if o.Status > 999 {
		w.fail("status", "%d is no status", o.Status)
	}
	if o.Status != 0 {
		w.number("status", o.Status)
	} else {
		w.next("error")
		w.open('{')
		w.text("class", string(o.Class))
		w.text("message", o.Message)
		w.close('}')
	}
	w.millis("took_ms", o.Took)
	if len(o.Header) > 0 {
		w.header("headers", o.Header)
	}
	if len(o.Body) > 0 {
		w.body(o.Body)
	}
	w.flag("truncated", o.Truncated)
	w.close('}')
}

// appendString appends s, which is UTF-8, as a JSON string. What a terminal obeys, such
// as C1 controls and changes of direction, is escaped, and so are line and paragraph
// separators, since some tools split lines at them.
func appendString[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if !unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				i += size
				continue
			}
		} else if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		i += size
		start = i
		switch c {
		case '"', '\\':
			b = append(b, '\\', byte(c))
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = appendEscape(b, c)
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c rune) []byte {
	if high, low := utf16.EncodeRune(c); high != utf8.RuneError {
		return appendEscape(appendEscape(b, high), low)
	}
	return append(b, '\\', 'u', hexDigits[c>>12&15], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
}

const hexDigits = "0123456789abcdef"
