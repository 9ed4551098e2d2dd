package conformance

import (
	"fmt"
	"sync"
)

// Progress is one step of a run.
type Progress struct {
	Verdict *Verdict // the verdict just reached; nil for other steps
	Message string   // what is being done, for people; empty with a verdict
	Done    int      // verdicts reached
	Total   int      // verdicts to come in all
}

// progress reports the steps of a run.
type progress struct {
	call  func(Progress) // nil: nobody wants to know
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
	step.Done, step.Total = p.done, p.total
	p.call(step)
}
