package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Account says how the genuine deliveries of the run ended that it accounts for: "Of 3
// genuine deliveries: 3 accepted at once". Those that were sent while the key endpoint
// failed on purpose are left to its checks. That is said where one of these says more.
func (d *Document) Account() string {
	without := ""
	if slices.ContainsFunc(d.Checks, func(c CheckResult) bool {
		return c.Violated() && slices.Contains([]conformance.ID{"key/fail-open", "key/outage-cold", "key/recovers"}, c.ID)
	}) {
		without = ", without those sent during outages on purpose"
	}
	return fmt.Sprintf("Of %s%s: %s", printable.Count(d.Ledger.Emitted, "genuine delivery", "genuine deliveries"), without, Fates(d.Ledger.Account))
}

// Fates says how genuine deliveries ended.
func Fates(a ledger.Account) string {
	parts := []string{fmt.Sprintf("%d accepted at once", a.Accepted)}
	for _, p := range []struct {
		n    int
		what string
	}{
		{a.AcceptedLate, "accepted " + spread("late", a.AcceptedAfter, func(n int) string { return "after " + Retries(n) })},
		{a.Lost, "lost for good" + spread("", a.LostBy, func(n int) string { return "with " + strconv.Itoa(n) })},
		{a.Exhausted, "exhausted" + spread("", a.ExhaustedBy, func(how string) string { return "with " + printable.Name(how) })},
		{a.NotTried, "never tried, since attempts were reduced"},
		{a.Abandoned, "not finished"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, "; ")
}

// spread describes deliveries that are counted by a key. Of a single key, it says
// how that key is; of more, it lists them after word with their counts.
func spread[K cmp.Ordered](word string, by map[K]int, how func(K) string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, how(key))
		if len(by) > 1 {
			parts[len(parts)-1] = fmt.Sprintf("%d %s", by[key], how(key))
		}
	}
	switch {
	case len(parts) == 0:
		return word
	case len(parts) == 1 && word != "":
		return parts[0]
	case len(parts) == 1:
		return " " + parts[0]
	default:
		return word + " (" + strings.Join(parts, ", ") + ")"
	}
}

// Retries is "1 retry", "2 retries".
func Retries(n int) string { return printable.Count(n, "retry", "retries") }

// Deliveries is "1 delivery", "2 deliveries".
func Deliveries(n int) string { return printable.Count(n, "delivery", "deliveries") }

// EventTypes returns the event types of a ledger: those of the guide in its
// order, then the others by name.
func EventTypes(l ledger.Report) []rtk.EventType {
	out := slices.DeleteFunc(rtk.EventTypes(), func(t rtk.EventType) bool {
		_, found := l.ByEvent[t]
		return !found
	})
	for _, t := range slices.Sorted(maps.Keys(l.ByEvent)) {
		if !t.Known() {
			out = append(out, t)
		}
	}
	return out
}

// EventName is the type of an event for people, also of a body that is none.
func EventName(t rtk.EventType) string { return printable.Name(cmp.Or(string(t), "no event")) }

// AnswersByEvent says how accepted deliveries were answered, one line an event. Where
// all were answered alike there is nothing to see, and it is empty.
func (d *Document) AnswersByEvent() []Fact {
	alike := true
	var out []Fact
	for i, a := range d.Answers {
		alike = alike && a.Body == d.Answers[0].Body
		text := "no body"
		if a.Body != "" {
			text = printable.Text(a.Body)
		}
		text = fmt.Sprintf("%s (%d×)", text, a.Deliveries)
		if i > 0 && d.Answers[i-1].Event == a.Event {
			out[len(out)-1].Value += ", " + text
		} else {
			out = append(out, Fact{EventName(a.Event), text})
		}
	}
	if alike {
		return nil
	}
	return out
}
