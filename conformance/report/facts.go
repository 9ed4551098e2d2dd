package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Title is the outcome of the run in one line.
func (d *Document) Title() string {
	if d.Headline != "" {
		return printable.Text(d.Headline)
	}
	return printable.Line(string(d.Outcome))
}

// Fact is something that a report says about its run.
type Fact struct{ Name, Value string }

// Facts returns what there is to say about the target and the run.
func (d *Document) Facts() []Fact {
	run := fmt.Sprintf("%s in %s", printable.Count(len(d.Checks), "check"), printable.Duration(time.Duration(d.Took)))
	if d.Waited > 0 {
		run += fmt.Sprintf(", %s of it waiting", printable.Duration(time.Duration(d.Waited)))
	}
	stopped := ""
	if !d.Complete {
		stopped = printable.Text(d.Stopped)
	}
	return existing(
		Fact{"cause", d.cause()},
		Fact{"target", targetFact(d.Target)},
		Fact{"key", printable.Line(d.Target.KeyURL)},
		Fact{"names", d.InterceptionText()},
		Fact{"calls", d.CallsText()},
		Fact{"events", subscription(d.Target.Events)},
		Fact{"webhook", printable.Line(d.Target.WebhookID)},
		Fact{"meeting", printable.Line(d.Target.MeetingID)},
		Fact{"run", run + begun(d.Began)},
		Fact{"stopped", stopped},
		Fact{"target gone", printable.Text(d.Gone)},
		Fact{"it printed", d.PrintedText()},
	)
}

// InterceptionText says what host names of the real service led to the harness. It is
// empty if nothing came for them.
func (d *Document) InterceptionText() string {
	i := d.Interception
	if i == nil {
		return ""
	}
	var answered, distrusting, parts []string
	for _, c := range i.Contacts {
		if c.Answered > 0 {
			answered = append(answered, printable.Line(c.Host))
		} else if c.Unasked > 0 && c.Forwarded+c.Refused == 0 {
			distrusting = append(distrusting, printable.Line(c.Host))
		}
	}
	if len(answered) > 0 {
		parts = append(parts, fmt.Sprintf("requests to %s were answered by rtkmock (%s)", printable.List(answered), printable.Line(i.Way)))
	}
	if i.HardCoded {
		what := "its key URL is hard-coded"
		if i.KeyHidden != "" {
			what = "its key URL is hard-coded, or it does not see its variable"
			parts = append(parts, printable.Line(i.KeyHidden))
		}
		parts = append([]string{what}, parts...)
		if i.KeyVariable != "" && i.KeyHidden == "" {
			parts = append(parts, fmt.Sprintf("to make it configurable, read it from %s", printable.Line(i.KeyVariable)))
		}
	}
	if len(distrusting) > 0 {
		parts = append(parts, fmt.Sprintf("connections to %s ended without a request: the client trusts certificates of its own", printable.List(distrusting)))
	}
	return strings.Join(parts, "; ")
}

// PrintedText is what the target's process has printed of a defect that no answer shows.
// It is empty if it has printed nothing of the kind.
func (d *Document) PrintedText() string { return strings.Join(texts(d.Printed), "; ") }

// cause says why the target refuses everything, if that was found out.
func (d *Document) cause() string {
	for i := range d.Checks {
		if found := d.Checks[i].Diagnosis; found != nil {
			return printable.Text(found.Cause)
		}
	}
	return ""
}

// existing returns the facts that have a value.
func existing(facts ...Fact) []Fact {
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
}

func targetFact(t conformance.TargetInfo) string {
	if t.Embedded {
		return printable.Line(t.URL) + " (the embedded reference receiver)"
	}
	return printable.Line(t.URL)
}

func begun(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", begun " + instant(t.Truncate(time.Second))
}

// InstrumentDetail says what an instrument saw, or why it is off. A detail that
// begins with the state would say it twice.
func InstrumentDetail(in conformance.Instrument) string {
	state := "off: "
	if in.On {
		state = "on: "
	}
	return strings.TrimPrefix(printable.Text(in.Detail), state)
}

// subscription names the subscribed events.
func subscription(events []rtk.EventType) string {
	if len(events) == len(rtk.EventTypes()) {
		return "all nine"
	}
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = printable.Line(string(e))
	}
	return strings.Join(names, ", ")
}

// ReplayNote says what the curl lines of a report need.
const ReplayNote = "The curl lines carry signatures of this run: a receiver can verify them only while this run's key is served. --key FILE keeps one key from run to run."

// maxShards is how many shards of a merged report are named.
const maxShards = 16

// Rerun returns the flags that make the same events again: those of each shard
// where there were several runs.
func (d *Document) Rerun() string {
	if len(d.Shards) == 0 {
		return rerun(d.Seed, d.Start)
	}
	var parts []string
	for _, s := range d.Shards[:min(len(d.Shards), maxShards)] {
		parts = append(parts, fmt.Sprintf("--shard %d/%d %s", s.N, s.Of, rerun(s.Seed, s.Start)))
	}
	if left := len(d.Shards) - maxShards; left > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", left))
	}
	return strings.Join(parts, ", or ")
}

func rerun(seed uint64, start time.Time) string {
	return fmt.Sprintf("--seed %d --start %s", seed, instant(start))
}

// instant is a time as all formats write it.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
