package report

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
)

// This file says in words what was sent and what came back.

// Sent says what a delivery was.
func (e *Evidence) Sent() string {
	q := e.Last().Request
	parts := []string{printable.Name(string(e.Event)), "genuine"}
	if q.Method != "" && q.Method != http.MethodPost {
		parts[0] = printable.Name(q.Method) + " with " + parts[0]
	}
	if !e.Genuine() {
		ids := make([]string, len(e.Mutations))
		for i, m := range e.Mutations {
			ids[i] = printable.Name(m.ID)
		}
		parts[1] = "changed by " + strings.Join(ids, ", ")
	}
	if len(e.Attempts) > 0 {
		parts = append(parts, printable.Count(q.Size, "byte"))
	}
	if how := q.Framing.String(); how != "" {
		parts = append(parts, how)
	}
	if e.UUID != "" {
		parts = append(parts, "rtk-uuid "+printable.Name(e.UUID))
	}
	return strings.Join(parts, ", ")
}

// Changes says what the mutations of a delivery do.
func (e *Evidence) Changes() string {
	var docs []string
	for _, m := range e.Mutations {
		if m.Doc != "" {
			docs = append(docs, printable.Text(m.Doc))
		}
	}
	return strings.Join(docs, " ")
}

// String says how the body was put on the wire, where that is unusual.
func (f Framing) String() string {
	var parts []string
	if f.Chunked {
		parts = append(parts, "chunked")
	}
	if f.ExpectContinue {
		parts = append(parts, "after 100-continue")
	}
	if f.Pieces > 1 {
		parts = append(parts, fmt.Sprintf("in %d pieces", f.Pieces))
	}
	if f.CutAt > 0 {
		parts = append(parts, fmt.Sprintf("ended after %s", printable.Count(f.CutAt, "byte")))
	}
	return strings.Join(parts, ", ")
}

// Got says what came back: for earlier attempts in short, for the last with its
// time.
func (e *Evidence) Got() string {
	if len(e.Attempts) == 0 {
		return "nothing: the run ended first"
	}
	last := len(e.Attempts) - 1
	text := join(e.Last().Answer(), e.Last().FaultNote())
	if last > 0 {
		earlier := make([]string, last)
		for i, a := range e.Attempts[:last] {
			earlier[i] = join(a.answerWord(), a.FaultNote())
		}
		text = strings.Join(earlier, ", ") + ", then " + text
	}
	if e.Fate == mocksender.Abandoned {
		text += "; the run ended before another attempt"
	}
	return text
}

func join(text, note string) string { return strings.TrimSpace(text + " " + note) }

// FaultNote says what a fault did to an attempt. It is empty if there was none.
func (a Attempt) FaultNote() string {
	hidden := ""
	if a.TargetStatus != 0 || a.TargetClass != "" {
		hidden = AnswerWord(a.TargetStatus, a.TargetClass)
	}
	return FaultNote(a.Fault, hidden)
}

// FaultNote names a fault, and the answer of the target that it hid.
func FaultNote(fault, hidden string) string {
	switch {
	case fault == "":
		return ""
	case hidden != "":
		return fmt.Sprintf("(fault: %s; the target answered %s)", printable.Name(fault), hidden)
	default:
		return fmt.Sprintf("(fault: %s)", printable.Name(fault))
	}
}

// AnswerWord is one word for what came back: a status or the class of an error.
func AnswerWord(status int, class mocksender.Class) string {
	switch {
	case status != 0:
		return fmt.Sprint(status)
	case class != "":
		return printable.Name(string(class))
	default:
		return "nothing"
	}
}

func (a Attempt) answerWord() string { return AnswerWord(a.Response.Status, a.Error.Class) }

// Accepted reports that the attempt was answered with success.
func (a Attempt) Accepted() bool { return a.Response.Status >= 200 && a.Response.Status <= 299 }

// Answer says what came back for one attempt, and when.
func (a Attempt) Answer() string {
	took := printable.Duration(time.Duration(a.Took))
	r := a.Response
	if r.Status == 0 {
		text := fmt.Sprintf("%s after %s", a.answerWord(), took)
		if a.Error.Message != "" {
			text += ": " + printable.Text(a.Error.Message)
		}
		return text
	}
	text := join(fmt.Sprint(r.Status), http.StatusText(r.Status)) + " in " + took
	if to := r.Fields().Get("Location"); to != "" {
		text += ", Location: " + printable.Bounded(to)
	}
	switch {
	case len(r.Content()) > 0:
	case r.Truncated:
		text += ", its body never came"
	default:
		text += ", without a body"
	}
	return text
}

// AnswerBody is the first line of the last answer's body, and how long that
// body is. It is empty if there is no body.
func (e *Evidence) AnswerBody() string {
	r := e.Last().Response
	body := r.Content()
	if len(body) == 0 {
		return ""
	}
	line, more := printable.FirstLine(body)
	size := printable.Count(r.Size, "byte")
	switch {
	case line == "":
		return size + " of white space"
	case r.Truncated:
		return fmt.Sprintf("%s (of more than %s)", line, size)
	case more || !utf8.Valid(body):
		return fmt.Sprintf("%s (of %s)", line, size)
	default:
		return line
	}
}
