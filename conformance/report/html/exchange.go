package html

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// Bounds of one exchange on the page.
const (
	maxFields   = 40      // header fields
	maxField    = 1000    // characters of a field's value
	maxHeader   = 8 << 10 // bytes of all fields
	maxAttempts = 4       // attempts in full: the first ones and the last
	maxCommand  = 24 << 10
)

// exchange is one delivery and what came back.
type exchange struct {
	*report.Evidence
	Full bool
	Fate fate // of a genuine delivery: that a forgery is refused is no loss

	// The last request.
	Line    string
	Fields  fields
	Body    body
	Command string

	Attempts []attempt
	Skipped  int // attempts that are left out
}

// attempt is what came back for one request.
type attempt struct {
	report.Attempt
	Head   string // "attempt 2, 1.2s after the first"; empty if there is one only
	Fields fields
	Body   *body // nil: none came
}

// newExchangeInShort returns an exchange that takes one line.
func newExchangeInShort(e *report.Evidence) exchange {
	out := exchange{Evidence: e}
	if e.Genuine() {
		out.Fate = newFate(e.Fate, len(e.Attempts))
	}
	return out
}

func newExchange(e *report.Evidence) exchange {
	out := newExchangeInShort(e)
	out.Full = len(e.Attempts) > 0
	if !out.Full {
		return out
	}
	q := e.Last().Request
	out.Line, out.Fields = requestHead(q, e.AttemptURL(e.Last()))
	out.Body = newBody(q.Content(), q.Size, false)
	out.Body.note(q.Framing.String())
	for i, a := range e.Attempts {
		if i >= maxAttempts-1 && i < len(e.Attempts)-1 {
			out.Skipped++
			continue
		}
		out.Attempts = append(out.Attempts, newAttempt(e, a))
	}
	if out.Command = e.Curl.String(); len(out.Command) > maxCommand {
		out.Command = ""
	}
	return out
}

func newAttempt(e *report.Evidence, a report.Attempt) attempt {
	out := attempt{Attempt: a}
	if len(e.Attempts) > 1 {
		out.Head = fmt.Sprintf("attempt %d", a.N)
		if since := a.At.Sub(e.Attempts[0].At); since > 0 {
			out.Head += fmt.Sprintf(", %s after the first", printable.Duration(since))
		}
	}
	r := a.Response
	out.Fields = headerFields(r.Fields())
	if content := r.Content(); len(content) > 0 { // else the answer says so
		b := newBody(content, r.Size, r.Truncated)
		out.Body = &b
	}
	return out
}

// fields are the header fields that are shown.
type fields struct {
	List []field
	Left int // fields that are left out
}

type field struct{ Name, Value string }

// requestHead returns the request line and the header fields in the order they
// were sent in, or by name where that was not kept.
func requestHead(q report.Request, url string) (string, fields) {
	head := cmp.Or(q.Head, string(q.HeadBase64))
	if head == "" {
		return printable.Name(q.Method) + " " + printable.Bounded(url), headerFields(q.Fields())
	}
	lines := strings.Split(strings.TrimRight(head, "\r\n"), "\r\n")
	var list []field
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		list = append(list, field{name, strings.TrimPrefix(value, " ")})
	}
	return printable.Bounded(lines[0]), newFields(list)
}

func headerFields(h http.Header) fields {
	var list []field
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			list = append(list, field{name, value})
		}
	}
	return newFields(list)
}

func newFields(list []field) fields {
	size := 0
	for i, f := range list {
		f = field{printable.Name(f.Name), printable.Cut(printable.Line(f.Value), maxField)}
		if size += len(f.Name) + len(f.Value); i >= maxFields || size > maxHeader {
			return fields{list[:i], len(list) - i}
		}
		list[i] = f
	}
	return fields{list, 0}
}

// fate is how a delivery ended: as a kind of mark, and in words.
type fate struct{ Mark, Words string }

func newFate(f mocksender.Fate, attempts int) fate {
	switch f {
	case mocksender.Delivered:
		if attempts > 1 {
			return fate{"late", "accepted after " + report.Retries(attempts-1)}
		}
		return fate{"ok", "accepted at once"}
	case mocksender.Failed:
		return fate{"lost", "refused, not retried"}
	case mocksender.Exhausted:
		return fate{"exhausted", "never accepted"}
	case mocksender.NotTried:
		return fate{"untried", "never tried"}
	default:
		return fate{"abandoned", "not finished"}
	}
}

// answers is what the attempts of e were answered, in short.
func answers(e ledger.Entry) string {
	if len(e.Attempts) == 0 {
		return "no attempt"
	}
	var parts []string
	for i, a := range e.Attempts {
		if i > 0 && a.N > e.Attempts[i-1].N+1 {
			parts = append(parts, "…")
		}
		hidden := ""
		if a.TargetStatus != 0 {
			hidden = report.AnswerWord(a.TargetStatus, "")
		}
		parts = append(parts, strings.TrimSpace(report.AnswerWord(a.Status, a.Class)+" "+report.FaultNote(a.Fault, hidden)))
	}
	return fmt.Sprintf("%s in %s", strings.Join(parts, ", then "), printable.Duration(time.Duration(e.Latency)))
}
