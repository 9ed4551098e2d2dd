package conformance

import (
	"fmt"
	"sync"
	"time"
)

// Progress is one step of a run.
type Progress struct {
	Kind    ProgressKind
	Check   *Check   // nil: what is being done concerns the run as a whole
	Verdict *Verdict // of a check that is judged; nil where effects may yet change it
	Message string   // what is being done, for people
	// Most is how long what Message says takes at most. 0: nobody knows.
	Most  time.Duration
	Quiet bool // Message is not worth a line of a log
	Done  int  // checks that are judged
	Total int  // checks in all
	// Left is about how long the run still takes. 0: nobody knows, as long as the
	// target may have to be started again and how long that takes is not known.
	Left time.Duration
	// Answer is how long the target takes to accept a delivery. 0: nobody knows yet.
	Answer time.Duration
}

// ProgressKind says what a Progress is about.
type ProgressKind string

// The kinds.
const (
	CheckBegan  ProgressKind = "began"
	CheckEnded  ProgressKind = "ended"  // it sends nothing more for now
	CheckJudged ProgressKind = "judged" // it counts as done
	Doing       ProgressKind = "doing"  // what Message says
)

// progress reports the steps of a run.
type progress struct {
	call  func(Progress) // nil: nobody wants to know
	left  func() (left, answer time.Duration)
	total int

	mu   sync.Mutex
	done int
}

// say reports in words what the run is doing, and how long that takes at most; 0: nobody
// knows.
func (p *progress) say(most time.Duration, format string, args ...any) {
	p.report(Progress{Kind: Doing, Message: fmt.Sprintf(format, args...), Most: most})
}

func (p *progress) report(step Progress) {
	if p.call == nil {
		return
	}
	if step.Check != nil && step.Check.ID == "" {
		step.Check = nil // of a probe that belongs to no check
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if step.Kind == CheckJudged {
		p.done++
	}
	step.Done, step.Total = p.done, p.total
	step.Left, step.Answer = p.left()
	p.call(step)
}
