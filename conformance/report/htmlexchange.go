package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Bounds of one exchange on the page.
const (
	maxPageFields   = 40      // header fields
	maxPageField    = 1000    // characters of a field's value
	maxPageHead     = 8 << 10 // characters of all fields
	maxPageAttempts = 4       // attempts that are told in full: the first ones and the last
	maxPageCommand  = 24 << 10
)

// pageField is one header field.
type pageField struct{ Name, Value string }

// pageExchange is one delivery and what came of it.
type pageExchange struct {
	Open      bool
	Title     string
	Kind      string // how a genuine one ended, as a kind of mark
	Fate      string // and in words
	Got       string
	Mutations []mutation.Mutation // with ID and Doc alone

	Sent     bool   // something was put on the wire
	Line     string // the request line
	Fields   []pageField
	More     string // what is left out of the fields
	Body     pageBody
	Attempts []pageAttempt
	Skipped  string // how many attempts are left out

	Curl, CurlNote string
}

// pageAttempt is what came back for one attempt.
type pageAttempt struct {
	Head   string // "attempt 2, 1.2s after the first"; empty if there is one only
	Answer string
	Look   string // of the answer: yes, no, or nothing for an answer to a forgery
	Fault  string
	Fields []pageField
	More   string
	Body   *pageBody // nil: none came
}

// exchangeInShort tells of an exchange in one line.
func (v *view) exchangeInShort(r mocksender.Receipt) pageExchange {
	out := pageExchange{Title: cut(v.sent(r), maxTold), Got: cut(v.got(r), maxTold)}
	if r.Delivery.Genuine() { // that a forgery is refused is no loss
		out.Kind, out.Fate = markKind(r.Fate, len(r.Attempts)), fateWord(r.Fate, len(r.Attempts))
	}
	return out
}

func (v *view) exchange(r mocksender.Receipt, open bool) (pageExchange, error) {
	q := r.Last().Request
	out := v.exchangeInShort(r)
	out.Open, out.Sent = open, len(r.Attempts) > 0
	for _, m := range r.Delivery.Mutations {
		out.Mutations = append(out.Mutations, mutation.Mutation{ID: name(m.ID), Doc: v.tell(m.Doc)})
	}
	if !out.Sent {
		return out, nil
	}
	out.Line, out.Fields = v.requestHead(q)
	out.Fields, out.More = fewer(out.Fields)
	out.Body = newPageBody(q.Body, sizeOf(q), false, false)
	if f := framing(q.Framing); f != "" {
		out.Body.Note = strings.TrimPrefix(out.Body.Note+", "+f, ", ")
	}
	for i, a := range r.Attempts {
		if i >= maxPageAttempts-1 && i < len(r.Attempts)-1 {
			out.Skipped = counted(len(r.Attempts)-maxPageAttempts, "attempt") + " between are left out"
			continue
		}
		out.Attempts = append(out.Attempts, v.pageAttempt(r, a))
	}
	cmd, _, err := v.again(r)
	if err != nil {
		return out, err
	}
	out.Curl, out.CurlNote = cmd.line(), cmd.note()
	if len(out.Curl) > maxPageCommand {
		out.Curl, out.CurlNote = "", "the command line is left out, it is too long; the JSON report holds it"
	}
	return out, nil
}

// requestHead returns the request line and the header fields in the order in which
// they went out, or by name where that was not kept.
func (v *view) requestHead(q mocksender.Request) (line string, fields []pageField) {
	if len(q.Head) == 0 {
		return name(q.Method) + " " + cut(clean(v.redactor.Text(redact.URL(q.URL))), maxTold), v.pageFields(q.Header)
	}
	lines := strings.Split(strings.TrimRight(string(q.Head), "\r\n"), "\r\n")
	parts := strings.SplitN(lines[0], " ", 3)
	if len(parts) > 1 {
		parts[1] = redact.URL(parts[1])
	}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		fields = append(fields, v.pageField(name, strings.TrimPrefix(value, " ")))
	}
	return cut(clean(v.redactor.Text(strings.Join(parts, " "))), maxTold), fields
}

func (v *view) pageFields(h http.Header) []pageField {
	var out []pageField
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			out = append(out, v.pageField(name, value))
		}
	}
	return out
}

func (v *view) pageField(field, value string) pageField {
	return pageField{name(field), cut(clean(v.redactor.Field(field, value)), maxPageField)}
}

// fewer bounds fields, and says what is left out.
func fewer(fields []pageField) ([]pageField, string) {
	size := 0
	for i, f := range fields {
		size += len(f.Name) + len(f.Value)
		if i >= maxPageFields || size > maxPageHead {
			return fields[:i], "and " + counted(len(fields)-i, "more field")
		}
	}
	return fields, ""
}

func (v *view) pageAttempt(r mocksender.Receipt, a mocksender.Attempt) pageAttempt {
	o := a.Outcome
	out := pageAttempt{Answer: v.lastAnswer(o), Fault: strings.TrimSpace(befallen(a))}
	switch {
	case !r.Delivery.Genuine():
	case o.OK():
		out.Look = "yes"
	default:
		out.Look = "no"
	}
	if len(r.Attempts) > 1 {
		out.Head = fmt.Sprintf("attempt %d", a.N)
		if since := a.At.Sub(r.Attempts[0].At); since > 0 {
			out.Head += fmt.Sprintf(", %s after the first", short(since))
		}
	}
	if o.Status == 0 {
		return out
	}
	out.Fields, out.More = fewer(v.pageFields(o.Header))
	if len(o.Body) == 0 {
		return out // the answer says so
	}
	shown, part := v.redactor.Beginning(o.Body, maxPageScan)
	body := newPageBody(shown, cmp.Or(o.Size, len(o.Body)), part, o.Truncated)
	out.Body = &body
	return out
}

// fateWord says how a delivery ended.
func fateWord(f mocksender.Fate, attempts int) string {
	switch {
	case f == mocksender.Delivered && attempts > 1:
		return fmt.Sprintf("accepted after %s", retries(attempts-1))
	case f == mocksender.Delivered:
		return "accepted at once"
	case f == mocksender.Failed:
		return "refused, not retried"
	case f == mocksender.Exhausted:
		return "never accepted"
	case f == mocksender.NotTried:
		return "never tried"
	default:
		return "not finished"
	}
}

// markKind is the kind of mark for a delivery that ended so.
func markKind(f mocksender.Fate, attempts int) string {
	if f == mocksender.Delivered && attempts > 1 {
		return "late"
	}
	return cmp.Or(map[mocksender.Fate]string{
		mocksender.Delivered: "ok",
		mocksender.Failed:    "lost",
		mocksender.Exhausted: "exhausted",
		mocksender.NotTried:  "untried",
	}[f], "abandoned")
}
