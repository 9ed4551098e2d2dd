package conformance

import "strings"

// Diagnosis says why a target refuses what it should accept, as far as experiments
// could tell the causes apart.
type Diagnosis struct {
	Cause string   `json:"cause"` // the likely one, in one sentence; two where they could not be told apart
	Seen  []string `json:"seen"`  // what speaks for it
	Cure  []string `json:"cure"`  // what to change, or to give to the next run; one is enough

	// Flags are those of a Cure that is something to give to the next run of the command
	// line, with their values. Nil: there is none. Next is that command, whole, where it
	// is known: conformance does not fill it.
	Flags []string `json:"-"`
	Next  []string `json:"next,omitempty"`
}

// Diagnose records that nothing can be judged, and why. The reason of the verdict
// is the cause and what was answered, and the remedy is that of d.
func (e Evidence) Diagnose(d Diagnosis, answered string) {
	e.p.diagnosis = &d
	e.AddFinding(Inconclusive, "%s; %s", d.Cause, answered)
}

// fix is the remedy in one text.
func (d Diagnosis) fix() string { return strings.Join(d.Cure, "; or ") }
