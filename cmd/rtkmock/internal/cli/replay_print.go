package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Bounds of how many answers that differ are told of one by one.
const (
	maxDifferences     = 100
	maxDifferencesText = 10
)

// replayed is the account of a replay, in JSON.
type replayed struct {
	Recording string `json:"recording"`
	URL       string `json:"url,omitempty"` // where all was sent; empty: where it went before
	Complete  bool   `json:"complete"`
	Records   int    `json:"records"`
	Sent      int    `json:"sent"`
	// Unreached and Retries were left out: a fault had kept them from the
	// target, or first attempts alone were asked for.
	Unreached int `json:"unreached"`
	Retries   int `json:"retries"`

	Statuses map[int]int              `json:"statuses"` // answers by status
	Errors   map[mocksender.Class]int `json:"errors"`   // requests without an answer, by the kind of error
	// Same and Changed are answered as recorded and otherwise; Refused are not
	// 2xx where no answer is recorded.
	Same    int `json:"same"`
	Changed int `json:"changed"`
	Refused int `json:"refused"`
	// Differences are the first of Changed and Refused.
	Differences []replayDifference `json:"differences"`

	TookMS   float64 `json:"took_ms"`
	BehindMS float64 `json:"behind_ms"` // the longest time that a request was late
}

type replayDifference struct {
	Line    int           `json:"line,omitempty"`
	Event   rtk.EventType `json:"event,omitempty"`
	UUID    string        `json:"uuid,omitempty"`
	Attempt int           `json:"attempt,omitempty"`
	Was     string        `json:"was,omitempty"` // empty: nothing was recorded
	Now     string        `json:"now"`
	Message string        `json:"message,omitempty"` // of an error
}

// replaying is a replay under way. attempted is called by several goroutines
// at a time.
type replaying struct {
	a    *app
	file string
	show *replayProgress

	mu     sync.Mutex
	result replayed
}

func (r *replaying) attempted(record recording.Record, at mocksender.Attempt) {
	r.show.sent()
	was := record.Outcome
	if record.Target != nil {
		was = record.Target
	}
	// The play was interrupted before the answer, or a fault had kept the
	// request from the target: that is nothing to compare with.
	if was != nil && was.Class == mocksender.ClassCanceled || record.Delivery != nil && record.Delivery.Unreached {
		was = nil
	}
	now := at.Outcome
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case now.Class == mocksender.ClassCanceled:
		return
	case was == nil && isSuccess(now.Status):
		return
	case was == nil:
		r.result.Refused++
	case was.Status == now.Status && was.Class == now.Class:
		r.result.Same++
		return
	default:
		r.result.Changed++
	}
	if len(r.result.Differences) == maxDifferences {
		return
	}
	d := replayDifference{Line: record.Line, Now: answerWord(now.Status, now.Class)}
	if was != nil {
		d.Was = answerWord(was.Status, was.Class)
	}
	if now.Err != nil {
		d.Message = now.Err.Error()
	}
	if record.Delivery != nil {
		d.Event, d.UUID, d.Attempt = record.Delivery.Event, record.Delivery.UUID, record.Delivery.Attempt
	}
	r.result.Differences = append(r.result.Differences, d)
}

// conclude prints the account and returns how the call ends.
func (r *replaying) conclude(res recording.ReplayResult, err error, output string) error {
	a, out := r.a, &r.result
	interrupted := a.interrupted()
	var known *exitError
	switch {
	case interrupted || err == nil:
	case errors.As(err, &known): // a host out in the world
		err = known
	default:
		err = replayMistake(r.file, err)
	}
	if err != nil && res.Records == 0 && !interrupted {
		return err
	}
	if res.Records == 0 && !interrupted {
		return &exitError{ExitNothing, &problem{"replay: " + oneLine(inputName(r.file)) + " holds no request"}}
	}
	out.Complete = err == nil && !interrupted
	out.Records, out.Sent, out.Unreached, out.Retries = res.Records, res.Sent, res.Unreached, res.Retries
	out.Statuses, out.Errors = res.Statuses, res.Errors
	out.TookMS, out.BehindMS = milliseconds(res.Took), milliseconds(res.Behind)
	slices.SortFunc(out.Differences, func(x, y replayDifference) int { return x.Line - y.Line })
	if output == outputJSON {
		if err := a.printJSON(out); err != nil {
			return err
		}
	} else {
		a.printReplayed(out, res)
	}
	switch {
	case interrupted:
		return errInterrupted()
	case err != nil:
		return err
	case out.Sent == 0:
		return &exitError{ExitNothing, &problem{"replay: " + oneLine(inputName(r.file)) + " holds no request that reached the target"}}
	case out.notReached():
		return exit(ExitInconclusive)
	case out.Changed+out.Refused > 0:
		return exit(ExitNonconformant)
	}
	return nil
}

// notReached reports whether no request got as far as the target, though some
// should have.
func (r *replayed) notReached() bool {
	if len(r.Statuses) > 0 || r.Changed+r.Refused == 0 {
		return false
	}
	for class := range r.Errors {
		switch class {
		case mocksender.ClassRefused, mocksender.ClassDNS, mocksender.ClassTLS, mocksender.ClassOther, mocksender.ClassCanceled:
		default:
			return false
		}
	}
	return true
}

func (a *app) printReplayed(r *replayed, res recording.ReplayResult) {
	on := a.colored(a.streams.OutIsTTY)
	different := r.Changed + r.Refused
	head := paint(on, green, "answered as recorded")
	switch {
	case !r.Complete && a.interrupted():
		head = paint(on, yellow, "interrupted")
	case !r.Complete:
		head = paint(on, red, "stopped early")
	case r.notReached():
		head = paint(on, red, "not reached")
	case different > 0:
		head = paint(on, red, fmt.Sprintf("%d of %d answered otherwise than recorded", different, r.Sent))
	case r.Same == 0:
		head = paint(on, green, "accepted") + "; no answers are recorded to compare with"
	}
	a.printf("%s\n", head)
	to := ""
	if r.URL != "" {
		to = " to " + r.URL
	}
	a.printf("  %s%s: %s in %s\n", oneLine(r.Recording), to, countOf(r.Sent, "request", "requests"), brief(res.Took))
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		parts = append(parts, fmt.Sprintf("%d answered %d", r.Statuses[status], status))
	}
	for _, class := range slices.Sorted(maps.Keys(r.Errors)) {
		parts = append(parts, fmt.Sprintf("%d without an answer (%s)", r.Errors[class], class))
	}
	if len(parts) > 0 {
		a.printf("  %s\n", strings.Join(parts, ", "))
	}
	shown := r.Differences[:min(len(r.Differences), maxDifferencesText)]
	if r.notReached() {
		shown, different = r.Differences[:1], 1 // the others say the same
	}
	for _, d := range shown {
		a.printf("  %s\n", oneLine(d.text()))
	}
	if more := different - len(shown); more > 0 {
		a.printf("  and %d more\n", more)
	}
	for _, n := range []struct {
		n    int
		what string
	}{{r.Unreached, "left out, since a fault had kept them from the target"}, {r.Retries, "left out, since they are retries"}} {
		if n.n > 0 {
			a.printf("  %d %s\n", n.n, n.what)
		}
	}
	if res.Behind > 10*time.Millisecond {
		a.printf("  up to %s late; a higher --concurrency may help\n", brief(res.Behind))
	}
}

// brief rounds a duration to what people read of it.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}

func (d replayDifference) text() string {
	var parts []string
	if d.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d:", d.Line))
	}
	if d.Event != "" {
		parts = append(parts, string(d.Event))
	}
	if d.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", d.Attempt))
	}
	if d.UUID != "" {
		parts = append(parts, "rtk-uuid "+d.UUID)
	}
	text := strings.Join(parts, " ") + ": " + d.Now
	if d.Was != "" {
		text = strings.Join(parts, " ") + ": was " + d.Was + ", now " + d.Now
	}
	if d.Message != "" {
		text += " (" + d.Message + ")"
	}
	return text
}
