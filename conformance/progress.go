package conformance

import (
	"fmt"
	"sync"
	"time"
)

// Progress is one step of a run.
type Progress struct {
	Verdict *Verdict // the verdict just reached; nil for other steps
	Message string   // what is being done, for people; empty with a verdict
	Done    int      // verdicts reached
	Total   int      // verdicts to come in all
	// Left is about how long the run still takes. 0: nobody knows, as long as the
	// target may have to be started again and how long that takes is not known.
	Left time.Duration
}

// progress reports the steps of a run.
type progress struct {
	call  func(Progress) // nil: nobody wants to know
	left  func() time.Duration
	total int

	mu   sync.Mutex
	done int
}

// say reports in words what is being done.
func (p *progress) say(format string, args ...any) {
	p.report(Progress{Message: fmt.Sprintf(format, args...)})
}

func (p *progress) report(step Progress) {
	if p.call == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if step.Message == "" {
		p.done++
	}
	step.Done, step.Total, step.Left = p.done, p.total, p.left()
	p.call(step)
}
