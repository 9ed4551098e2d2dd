package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// account is the account of a replay, in JSON.
type account struct {
	Recording string `json:"recording"`
	URL       string `json:"url,omitempty"` // where all was sent; empty: where it went before
	Complete  bool   `json:"complete"`
	Records   int    `json:"records"`
	Sent      int    `json:"sent"`
	// Unreached and Retries were left out: a fault had kept them from the target,
	// or first attempts alone were asked for.
	Unreached int `json:"unreached"`
	Retries   int `json:"retries"`

	Statuses map[int]int              `json:"statuses"` // answers by status
	Errors   map[mocksender.Class]int `json:"errors"`   // requests without an answer, by the kind of error
	// Same and Changed are answered as recorded and otherwise; Refused are not 2xx
	// where no answer is recorded.
	Same    int `json:"same"`
	Changed int `json:"changed"`
	Refused int `json:"refused"`
	// Differences are the first of Changed and Refused.
	Differences []difference `json:"differences"`

	TookMS   float64 `json:"took_ms"`
	BehindMS float64 `json:"behind_ms"` // the longest time that a request was late
}

type difference struct {
	Line    int           `json:"line,omitempty"`
	Event   rtk.EventType `json:"event,omitempty"`
	UUID    string        `json:"uuid,omitempty"`
	Attempt int           `json:"attempt,omitempty"`
	Was     string        `json:"was,omitempty"` // empty: nothing was recorded
	Now     string        `json:"now"`
	Message string        `json:"message,omitempty"` // of an error
}

// Bounds of how many differences are listed.
const (
	maxDifferences = 100
	maxPrinted     = 10
)

const showEvery = 50 * time.Millisecond

// replay is a replay under way. Several goroutines call attempted at a time.
type replay struct {
	*options
	file string
	show *terminal.Progress
	size int64        // of the recording; 0: unknown
	read atomic.Int64 // bytes of it

	mu      sync.Mutex
	n       int       // requests sent
	shown   time.Time // when progress was shown
	account account
}

// showProgress shows how far the replay was at a time, but not more often than
// anybody sees: a request takes as long as ten of these texts.
func (r *replay) showProgress(at time.Time) {
	if at.Sub(r.shown) < showEvery {
		return
	}
	r.shown = at
	sent := terminal.Count(r.n, "request", "requests")
	r.show.Step(terminal.Part(r.read.Load(), r.size, sent))
	r.show.Sometimesf("%s sent", sent)
}

func (r *replay) attempted(record recording.Record, at mocksender.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	r.showProgress(at.At)
	was := record.Outcome
	if record.Target != nil {
		was = record.Target
	}
	// If the play was interrupted before the answer, or a fault had kept the
	// request from the target, there is nothing to compare with.
	if was != nil && was.Class == mocksender.ClassCanceled || record.Delivery != nil && record.Delivery.Unreached {
		was = nil
	}
	now := at.Outcome
	switch {
	case now.Class == mocksender.ClassCanceled, was == nil && now.Status/100 == 2:
		return
	case was == nil:
		r.account.Refused++
	case was.Status == now.Status && was.Class == now.Class:
		r.account.Same++
		return
	default:
		r.account.Changed++
	}
	if len(r.account.Differences) == maxDifferences {
		return
	}
	d := difference{Line: record.Line, Now: answer(now.Status, now.Class)}
	if was != nil {
		d.Was = answer(was.Status, was.Class)
	}
	if now.Err != nil {
		d.Message = now.Err.Error()
	}
	if record.Delivery != nil {
		d.Event, d.UUID, d.Attempt = record.Delivery.Event, record.Delivery.UUID, record.Delivery.Attempt
	}
	r.account.Differences = append(r.account.Differences, d)
}

// answer is an answer in a word: its status, or the kind of error.
func answer(status int, class mocksender.Class) string {
	if status > 0 {
		return strconv.Itoa(status)
	}
	return string(class)
}

// conclude prints the account and returns how the call ends.
func (r *replay) conclude(ctx context.Context, res recording.ReplayResult, err error) error {
	interrupted := ctx.Err() != nil
	switch {
	case interrupted:
		err = exit.ErrInterrupted
	case err != nil:
		err = mistake(r.file, err)
	}
	if res.Records == 0 && !interrupted {
		if err == nil {
			err = exit.Errorf(exit.Nothing, "replay: %s holds no request", app.InputName(r.file))
		}
		return err
	}
	a := &r.account
	a.Complete = err == nil
	a.Records, a.Sent, a.Unreached, a.Retries = res.Records, res.Sent, res.Unreached, res.Retries
	a.Statuses, a.Errors = res.Statuses, res.Errors
	a.TookMS, a.BehindMS = terminal.Milliseconds(res.Took), terminal.Milliseconds(res.Behind)
	slices.SortFunc(a.Differences, func(x, y difference) int { return x.Line - y.Line })
	if err := r.Result(a, func() { r.print(res, interrupted) }); err != nil {
		return err
	}
	switch {
	case err != nil:
		return err
	case a.Sent == 0:
		return exit.Errorf(exit.Nothing, "replay: %s holds no request that reached the target", app.InputName(r.file))
	case a.notReached():
		return exit.Silent(exit.Inconclusive)
	case a.Changed+a.Refused > 0:
		return exit.Silent(exit.Nonconformant)
	}
	return nil
}

// notReached reports whether no request got as far as the target, though some
// should have.
func (a *account) notReached() bool {
	if len(a.Statuses) > 0 || a.Changed+a.Refused == 0 {
		return false
	}
	before := []mocksender.Class{mocksender.ClassRefused, mocksender.ClassDNS, mocksender.ClassTLS, mocksender.ClassOther, mocksender.ClassCanceled}
	for class := range a.Errors {
		if !slices.Contains(before, class) {
			return false
		}
	}
	return true
}

func (r *replay) print(res recording.ReplayResult, interrupted bool) {
	a := &r.account
	different := a.Changed + a.Refused
	head := r.Paint(terminal.Green, "answered as recorded")
	switch {
	case interrupted:
		head = r.Paint(terminal.Yellow, "interrupted")
	case !a.Complete:
		head = r.Paint(terminal.Red, "stopped early")
	case a.notReached():
		head = r.Paint(terminal.Red, "not reached")
	case different > 0:
		head = r.Paint(terminal.Red, fmt.Sprintf("%d of %d answered otherwise than recorded", different, a.Sent))
	case a.Same == 0:
		head = r.Paint(terminal.Green, "accepted") + "; no answers are recorded to compare with"
	}
	r.Printf("%s\n", head)
	to := ""
	if a.URL != "" {
		to = " to " + a.URL
	}
	r.Printf("  %s%s: %s in %s\n", terminal.OneLine(a.Recording), to, terminal.Count(a.Sent, "request", "requests"), brief(res.Took))
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(a.Statuses)) {
		parts = append(parts, fmt.Sprintf("%d answered %d", a.Statuses[status], status))
	}
	for _, class := range slices.Sorted(maps.Keys(a.Errors)) {
		parts = append(parts, fmt.Sprintf("%d without an answer (%s)", a.Errors[class], class))
	}
	if len(parts) > 0 {
		r.Printf("  %s\n", strings.Join(parts, ", "))
	}
	shown := a.Differences[:min(len(a.Differences), maxPrinted)]
	if a.notReached() {
		shown, different = a.Differences[:1], 1 // the others say the same
	}
	for _, d := range shown {
		r.Printf("  %s\n", terminal.OneLine(d.String()))
	}
	if more := different - len(shown); more > 0 {
		r.Printf("  and %d more\n", more)
	}
	if a.Unreached > 0 {
		r.Printf("  %d left out, since a fault had kept them from the target\n", a.Unreached)
	}
	if a.Retries > 0 {
		r.Printf("  %d left out, since they are retries\n", a.Retries)
	}
	if res.Behind > 10*time.Millisecond {
		r.Printf("  up to %s late; a higher --concurrency may help\n", brief(res.Behind))
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

func (d difference) String() string {
	text := d.Now
	if d.Was != "" {
		text = "was " + d.Was + ", now " + d.Now
	}
	if d.Message != "" {
		text += " (" + d.Message + ")"
	}
	var of []string
	if d.Event != "" {
		of = append(of, string(d.Event))
	}
	if d.Attempt > 1 {
		of = append(of, fmt.Sprintf("attempt %d", d.Attempt))
	}
	if d.UUID != "" {
		of = append(of, "rtk-uuid "+d.UUID)
	}
	if len(of) > 0 {
		text = strings.Join(of, " ") + ": " + text
	}
	if d.Line > 0 {
		text = fmt.Sprintf("line %d: %s", d.Line, text)
	}
	return text
}
