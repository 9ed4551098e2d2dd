package mocksendertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Comparison says whether something holds and, if not, why. gotest.tools'
// assert.Assert takes it as it is.
type Comparison = func() (success bool, message string)

// Check fails the test for each comparison that does not hold, goes on, and
// reports whether all held.
func Check(t testing.TB, comparisons ...Comparison) bool {
	t.Helper()
	all := true
	for _, c := range comparisons {
		if ok, message := c(); !ok {
			t.Error(message)
			all = false
		}
	}
	return all
}

// Require is Check, but ends the test.
func Require(t testing.TB, comparisons ...Comparison) {
	t.Helper()
	if !Check(t, comparisons...) {
		t.FailNow()
	}
}

// Delivered holds if an attempt was answered 2xx. The guide: "RealtimeKit treats
// any 2xx response as a successful delivery."
func Delivered(r mocksender.Receipt) Comparison {
	return func() (bool, string) {
		return r.Fate == mocksender.Delivered, describe(r, "want it delivered")
	}
}

// Rejected holds if the target answered each attempt with a status other than
// 2xx, or cut the connection. A time-out, or a target that cannot be reached, is
// no rejection.
func Rejected(r mocksender.Receipt) Comparison {
	return func() (bool, string) {
		for _, a := range r.Attempts {
			if a.Outcome.OK() || a.Outcome.Err != nil && a.Outcome.Class != mocksender.ClassReset {
				return false, describe(r, "want it rejected")
			}
		}
		return len(r.Attempts) > 0, describe(r, "want it rejected")
	}
}

// Answered holds if the last attempt was answered with this status.
func Answered(r mocksender.Receipt, status int) Comparison {
	return func() (bool, string) {
		want := strings.TrimSpace(fmt.Sprintf("want the answer %d %s", status, http.StatusText(status)))
		return r.Last().Outcome.Status == status, describe(r, want)
	}
}

// Attempted holds if the target was tried n times.
func Attempted(r mocksender.Receipt, n int) Comparison {
	return func() (bool, string) {
		return len(r.Attempts) == n, describe(r, "want "+counted(n, "attempt", "attempts"))
	}
}

// Met holds if each delivery of a play ended as its script expects.
func Met(r *scenarios.Result) Comparison {
	return func() (bool, string) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %d of %s as expected, want all", r.Scenario, r.Counts.Met, counted(r.Counts.Met+r.Counts.Unmet+r.Counts.Inconclusive, "delivery", "deliveries"))
		for _, s := range r.Steps {
			if s.Status != scenarios.Met && s.Reason != "" {
				fmt.Fprintf(&b, "\n  step %s (%s): %s", s.Number, s.Status, s.Reason)
			}
			for _, e := range s.Evidence {
				b.WriteString("\n    " + account(e))
			}
		}
		return r.Complete && r.Outcome() == scenarios.Met, b.String()
	}
}

// How long to wait for effects.
const (
	effectWait  = 5 * time.Second
	effectEvery = 5 * time.Millisecond
	effectQuiet = 50 * time.Millisecond
)

// EffectOnce holds if a delivery has had exactly one effect, as count says: how
// many rows, jobs or calls there are for this rtk-uuid. It waits for work in the
// background: up to 5 s for the effect, and 50 ms more for a second one.
func EffectOnce(r mocksender.Receipt, count func(uuid string) int) Comparison {
	return effects(r, count, 1)
}

// NoEffect holds if a delivery has no effect within 50 ms.
func NoEffect(r mocksender.Receipt, count func(uuid string) int) Comparison {
	return effects(r, count, 0)
}

func effects(r mocksender.Receipt, count func(string) int, want int) Comparison {
	return func() (bool, string) {
		id := r.Delivery.UUID
		for end := time.Now().Add(effectWait); count(id) < want && time.Now().Before(end); {
			<-time.After(effectEvery)
		}
		for end := time.Now().Add(effectQuiet); count(id) <= want && time.Now().Before(end); {
			<-time.After(effectEvery)
		}
		n := count(id)
		return n == want, describe(r, fmt.Sprintf("it had %s, want %d", counted(n, "effect", "effects"), want))
	}
}

// describe says what happened to a delivery, and what was expected.
func describe(r mocksender.Receipt, want string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (rtk-uuid %s) to %s: %s, %s", r.Delivery.Event.Type, r.Delivery.UUID, r.URL, r.Fate, want)
	for _, m := range r.Delivery.Mutations {
		fmt.Fprintf(&b, "\n  %s: %s", m.ID, m.Doc)
	}
	for _, a := range r.Attempts {
		fmt.Fprintf(&b, "\n  attempt %d: %s", a.N, outcome(a))
		if body := strings.TrimSpace(string(a.Outcome.Body)); body != "" {
			fmt.Fprintf(&b, ": %.200q", body)
		}
	}
	return b.String()
}

// outcome says in a clause how an attempt ended.
func outcome(a mocksender.Attempt) string {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", a.Outcome.Status, http.StatusText(a.Outcome.Status)))
	if a.Outcome.Err != nil {
		text = a.Outcome.Err.Error()
	}
	if a.Fault != "" {
		text += " (fault: " + a.Fault + ")"
	}
	return text
}

// counted is "1 delivery", "2 deliveries".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// SameBody holds if got is the event's body, byte for byte: what a receiver
// stores or passes on. If not, the message says whether the JSON is another or
// only written in another way.
func SameBody(got []byte, want rtk.Event) Comparison {
	return func() (bool, string) {
		if bytes.Equal(got, want.Body) {
			return true, ""
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			return false, fmt.Sprintf("%s: found what is not JSON (%v), want the event's body:\n%.1000q", want.Type, err, got)
		}
		if err := json.Unmarshal(want.Body, &b); err != nil {
			return false, fmt.Sprintf("%s: the event's own body is not JSON (%v), and found other bytes:\n%.1000q", want.Type, err, got)
		}
		if diff := cmp.Diff(b, a); diff != "" {
			return false, fmt.Sprintf("%s: another body (-want +got):\n%s", want.Type, diff)
		}
		return false, fmt.Sprintf("%s: the same JSON in other bytes, want it unchanged: white space, key order and escapes are signed as well:\n%s",
			want.Type, cmp.Diff(string(want.Body), string(got)))
	}
}
