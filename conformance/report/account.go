package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// account writes what the run also tells: the instruments, the ledger, what
// was assumed, and how to have the same run again.
func (t *textWriter) account() {
	t.instruments()
	t.ledger()
	t.assumptions()
	t.rerun()
}

func (t *textWriter) heading(s string) {
	t.gap()
	t.line(t.paint(s, color.Bold))
}

func (t *textWriter) instruments() {
	if len(t.report.Instruments) == 0 {
		return
	}
	t.heading("instruments")
	for _, in := range t.report.Instruments {
		state, attribute := "off", color.FgCyan
		if in.On {
			state, attribute = "on", color.FgGreen
		}
		head := fmt.Sprintf("  %-9s %s", clean(in.Name), t.paint(state, attribute))
		// A detail that begins with the state would say it twice.
		t.row(head, 17, strings.TrimPrefix(t.tell(in.Detail), state+": "))
	}
}

func (t *textWriter) ledger() {
	l := t.report.Ledger
	if l.Emitted == 0 {
		return
	}
	t.heading("deliveries")
	t.row("", 2, fmt.Sprintf("of %d genuine: %s", l.Emitted, accountLine(l.Account)))
	for _, event := range eventsOf(l) {
		e := l.ByEvent[event]
		if e.Accepted == e.Emitted && !t.options.Verbose {
			continue
		}
		t.row("", 4, fmt.Sprintf("%s: of %d: %s", clean(string(event)), e.Emitted, accountLine(e)))
	}
}

// accountLine says in words what became of genuine deliveries.
func accountLine(a ledger.Account) string {
	parts := []string{fmt.Sprintf("%d accepted at once", a.Accepted)}
	for _, p := range []struct {
		n    int
		what string
	}{
		{a.AcceptedLate, "accepted " + spread("late", a.AcceptedAfter, func(n int) string { return "after " + retries(n) })},
		{a.Lost, "lost for good" + spread("", a.LostBy, func(n int) string { return "with " + strconv.Itoa(n) })},
		{a.Exhausted, "exhausted" + spread("", a.ExhaustedBy, func(how string) string { return "with " + name(how) })},
		{a.NotTried, "never tried, since attempts were reduced"},
		{a.Abandoned, "not finished"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, "; ")
}

// spread says how the deliveries that by counts differ: nothing but that where
// they do not, else how many are how.
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

func retries(n int) string {
	if n == 1 {
		return "1 retry"
	}
	return fmt.Sprintf("%d retries", n)
}

// eventsOf returns the event types of a ledger: those of the guide in its
// order, then the others by name.
func eventsOf(l ledger.Report) []rtk.EventType {
	var out []rtk.EventType
	for _, t := range rtk.EventTypes() {
		if _, ok := l.ByEvent[t]; ok {
			out = append(out, t)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(l.ByEvent)) {
		if !t.Known() {
			out = append(out, t)
		}
	}
	return out
}

func (t *textWriter) assumptions() {
	if len(t.report.Assumptions) == 0 {
		return
	}
	t.heading("assumed where the guide is silent")
	for _, a := range t.report.Assumptions {
		text := t.tell(a.Name) + ": " + t.tell(a.Value)
		if a.Flag != "" {
			text += " (" + clean(a.Flag) + ")"
		}
		t.row("", 2, text)
	}
}

func (t *textWriter) rerun() {
	t.heading("the same deliveries again")
	t.row("", 2, rerunFlags(t.report)+", with the same key and URLs")
	if t.commands {
		t.row("", 2, stale)
	}
}

// stale says what the command lines of a report need.
const stale = "The curl lines carry signatures of this run: a receiver can verify them only while this run's key is served. --key FILE keeps one key from run to run."

// rerunFlags are the flags that fix what a run makes up; those of each shard
// where there were several runs.
func rerunFlags(r *conformance.Report) string {
	if len(r.Shards) == 0 {
		return fmt.Sprintf("--seed %d --start %s", r.Seed, moment(r.Start))
	}
	var parts []string
	for _, s := range r.Shards[:min(len(r.Shards), maxShards)] {
		parts = append(parts, fmt.Sprintf("--shard %d/%d --seed %d --start %s", s.N, s.Of, s.Seed, moment(s.Start)))
	}
	if left := len(r.Shards) - maxShards; left > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", left))
	}
	return strings.Join(parts, ", or ")
}

// maxShards is how many shards of a merged report are told apart.
const maxShards = 16
