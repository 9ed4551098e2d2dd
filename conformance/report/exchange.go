package report

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// sent says what a delivery was, for people.
func (v *view) sent(r mocksender.Receipt) string {
	q := r.Last().Request
	kind := "genuine"
	parts := []string{name(string(r.Delivery.Event.Type))}
	if q.Method != "" && q.Method != http.MethodPost {
		parts[0] = name(q.Method) + " with " + parts[0]
	}
	if !r.Delivery.Genuine() {
		ids := make([]string, len(r.Delivery.Mutations))
		for i, m := range r.Delivery.Mutations {
			ids[i] = name(m.ID)
		}
		kind = "changed by " + strings.Join(ids, ", ")
	}
	parts = append(parts, kind)
	if len(r.Attempts) > 0 {
		parts = append(parts, counted(sizeOf(q), "byte"))
	}
	if f := framing(q.Framing); f != "" {
		parts = append(parts, f)
	}
	if r.Delivery.UUID != "" {
		parts = append(parts, "rtk-uuid "+name(r.Delivery.UUID))
	}
	return strings.Join(parts, ", ")
}

// changes says what the mutations of a delivery do; empty if there are none.
func (v *view) changes(r mocksender.Receipt) string {
	var docs []string
	for _, m := range r.Delivery.Mutations {
		if m.Doc != "" {
			docs = append(docs, v.tell(m.Doc))
		}
	}
	return strings.Join(docs, " ")
}

// framing says how a body was put on the wire, where that is unusual.
func framing(f mutation.Framing) string {
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
		parts = append(parts, fmt.Sprintf("ended after %s", counted(f.CutAt, "byte")))
	}
	return strings.Join(parts, ", ")
}

// got says what came back for a delivery: earlier attempts in short, the last
// with its time.
func (v *view) got(r mocksender.Receipt) string {
	if len(r.Attempts) == 0 {
		return "nothing: the run ended first"
	}
	var earlier []string
	for _, a := range r.Attempts[:len(r.Attempts)-1] {
		earlier = append(earlier, answer(a.Outcome)+befallen(a))
	}
	text := v.lastAnswer(r.Last().Outcome) + befallen(r.Last())
	if len(earlier) > 0 {
		text = strings.Join(earlier, ", ") + ", then " + text
	}
	if r.Fate == mocksender.Abandoned {
		text += "; the run ended before another attempt"
	}
	return text
}

// befallen says which fault befell an attempt, and what the target answered
// where that hid it; empty if none did.
func befallen(a mocksender.Attempt) string {
	switch {
	case a.Fault == "":
		return ""
	case a.Target != nil:
		return fmt.Sprintf(" (fault: %s; the target answered %s)", name(a.Fault), answer(*a.Target))
	default:
		return fmt.Sprintf(" (fault: %s)", name(a.Fault))
	}
}

// answer is one word for an outcome: a status or the class of an error.
func answer(o mocksender.Outcome) string {
	switch {
	case o.Status != 0:
		return fmt.Sprint(o.Status)
	case o.Class != "":
		return name(string(o.Class))
	default:
		return "nothing"
	}
}

func (v *view) lastAnswer(o mocksender.Outcome) string {
	if o.Status == 0 {
		text := fmt.Sprintf("%s after %s", answer(o), short(o.Took))
		if o.Err != nil {
			text += ": " + v.tell(o.Err.Error())
		}
		return text
	}
	text := fmt.Sprintf("%d", o.Status)
	if words := http.StatusText(o.Status); words != "" {
		text += " " + words
	}
	text += " in " + short(o.Took)
	if to := o.Header.Get("Location"); to != "" {
		text += ", Location: " + cut(clean(v.redactor.Field("Location", to)), maxTold)
	}
	switch {
	case len(o.Body) == 0 && o.Truncated:
		text += ", its body never came"
	case len(o.Body) == 0:
		text += ", without a body"
	}
	return text
}

// answerBody is the first line of the last answer's body, and how long that
// body is; empty if there is none.
func (v *view) answerBody(r mocksender.Receipt) string {
	o := r.Last().Outcome
	if len(o.Body) == 0 {
		return ""
	}
	line, more := firstLine(v.redactor.Body(o.Body))
	size := counted(cmp.Or(o.Size, len(o.Body)), "byte")
	switch {
	case line == "":
		return size + " of white space"
	case o.Truncated:
		return fmt.Sprintf("%s (of more than %s)", line, size)
	case more || !utf8.Valid(o.Body):
		return fmt.Sprintf("%s (of %s)", line, size)
	default:
		return line
	}
}

// again returns the command that sends the decisive request of a receipt, and
// false if nothing was sent.
func (v *view) again(r mocksender.Receipt) (command, bool, error) {
	if len(r.Attempts) == 0 {
		return command{}, false, nil
	}
	cmd, err := v.curler.command(r.Last().Request)
	return cmd, err == nil, err
}
