package service

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Play is a scenario that is played to the webhooks of an app.
type Play struct {
	ID uint64 `json:"id"`
	store.App
	Scenario string    `json:"scenario"`
	Title    string    `json:"title"`
	State    PlayState `json:"state"`
	Error    string    `json:"error,omitempty"`
	BeganAt  time.Time `json:"began_at"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	// Steps are the script's, with their results once the play is over.
	Steps []PlayStep `json:"steps"`
	// Step is the number of the step that began last.
	Step string `json:"step,omitempty"`
}

// PlayState says how far a play is.
type PlayState string

const (
	Playing  PlayState = "playing"
	Complete PlayState = "complete" // every step was played
	Stopped  PlayState = "stopped"  // it ended before its last step
)

// PlayStep is one step of a play.
type PlayStep struct {
	Number string                `json:"number"`
	Do     string                `json:"do"`
	Note   string                `json:"note,omitempty"`
	Expect scenarios.Expectation `json:"expect,omitempty"`
	Status scenarios.Status      `json:"status,omitempty"`
	Reason string                `json:"reason,omitempty"`
	// Sent is how many deliveries the step made. One that went to several webhooks
	// counts once.
	Sent int `json:"sent,omitempty"`
}

// end records the result of a play. The steps are new ones, since others may hold
// the old ones.
func (p *Play) end(r *scenarios.Result, err error) {
	p.State, p.EndedAt = Stopped, time.Now().UTC()
	if err != nil {
		p.Error = err.Error()
	}
	if r == nil {
		return
	}
	if r.Complete && err == nil {
		p.State = Complete
	}
	p.Steps = slices.Clone(p.Steps)
	for i, step := range r.Steps {
		p.Steps[i].Status, p.Steps[i].Reason, p.Steps[i].Sent = step.Status, step.Reason, step.Counts.Sent
	}
}
