package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// playVersion is the version of a PlayDocument. Members may be added to it; one
// that is there keeps its meaning.
const playVersion = 1

// playKind distinguishes a PlayDocument from a Document.
const playKind = "play"

// PlayDocument is the report of a scenario that was played: what the JSON
// report holds, and what the text is written from. The schema play says what
// each member means.
type PlayDocument struct {
	Version    int                    `json:"version"`
	Kind       string                 `json:"kind"`
	Outcome    PlayOutcome            `json:"outcome"`
	Headline   string                 `json:"headline"`
	Complete   bool                   `json:"complete"`
	Stopped    string                 `json:"stopped,omitempty"` // why not all of it was played, in words
	Failure    string                 `json:"failure,omitempty"` // why the harness failed, in words
	Tool       conformance.Tool       `json:"tool"`
	Scenario   Scenario               `json:"scenario"`
	Seed       uint64                 `json:"seed,string"`
	Start      time.Time              `json:"start"`
	Speed      float64                `json:"speed"` // of the meeting's time; 0: at once
	Began      time.Time              `json:"began"`
	Took       ledger.Millis          `json:"took_ms"`
	Target     conformance.TargetInfo `json:"target"`
	KeyFetches int                    `json:"key_fetches"` // during the play
	// Calls are those of the target to the REST API during the play.
	Calls       []conformance.APICall    `json:"api_calls,omitempty"`
	Recording   string                   `json:"recording,omitempty"` // the file that holds every attempt
	Assumptions []conformance.Assumption `json:"assumptions"`
	Faults      []string                 `json:"faults"` // those asked for beside the script's, in words
	Summary     scenarios.Counts         `json:"summary"`
	Withheld    int                      `json:"withheld"`
	Steps       []Step                   `json:"steps"`
	Health      []HealthChange           `json:"health"`
	Ledger      ledger.Report            `json:"ledger"`
}

// Scenario is the script that was played, with its words for people.
type Scenario struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Source      string `json:"source,omitempty"` // the path of its file; empty: the library
	Note        string `json:"note,omitempty"`
	Expectation string `json:"expectation,omitempty"`
}

// Step is what became of one step.
type Step struct {
	Number     string                `json:"number"`
	Do         string                `json:"do"`
	Note       string                `json:"note,omitempty"`
	Expect     scenarios.Expectation `json:"expect,omitempty"`
	Status     scenarios.Status      `json:"status"`
	Reason     string                `json:"reason,omitempty"`
	Deliveries int                   `json:"deliveries"`
	Counts     scenarios.Counts      `json:"counts"`
	Evidence   []Evidence            `json:"evidence"`
}

// HealthChange is a delivery that changed whether the sender takes the target
// for healthy.
type HealthChange struct {
	State       mocksender.HealthState `json:"state"`
	Time        time.Time              `json:"time"`
	MeetingTime time.Time              `json:"meeting_time,omitzero"` // by the meeting's clock
	Event       rtk.EventType          `json:"event"`
	UUID        string                 `json:"uuid"`
}

// Play is what a PlayDocument is made of: its text may hold secrets, and what
// follows from the result need not be filled in.
type Play struct {
	PlayDocument
	Result *scenarios.Result
	// SecretHeaders names the header fields whose values are secret.
	SecretHeaders []string
}

// NewPlay makes the document of p, and does not change p. version is that of the
// tool, "devel" if it is empty.
func NewPlay(p *Play, version string) *PlayDocument {
	r := p.Result
	var receipts []mocksender.Receipt
	for _, step := range r.Steps {
		receipts = append(receipts, step.Evidence...)
	}
	s := newSanitizer(p.Target.URL, p.SecretHeaders, receipts)
	d := p.PlayDocument
	d.Version, d.Kind, d.Tool = playVersion, playKind, newTool(version)
	d.Outcome, d.Headline = p.outcome(), s.text(p.headline())
	d.Complete, d.Stopped, d.Failure = r.Complete, s.text(p.Stopped), s.text(p.Failure)
	d.Scenario.Name, d.Scenario.Title = r.Scenario, r.Title
	d.Seed, d.Start, d.Began, d.Took = r.Seed, r.Start.UTC(), p.Began.UTC(), ledger.Round(r.Took)
	d.Calls = s.calls(p.Calls)
	d.Target, d.Assumptions, d.Faults = s.target(p.Target), s.assumptions(p.Assumptions), append([]string{}, p.Faults...)
	d.Summary, d.Withheld, d.Steps, d.Health = r.Counts, r.Withheld, []Step{}, []HealthChange{}
	for _, step := range r.Steps {
		d.Steps = append(d.Steps, Step{
			Number: step.Number, Do: s.text(step.Do), Note: step.Note, Expect: step.Expect,
			Status: step.Status, Reason: s.text(step.Reason),
			Deliveries: step.Deliveries, Counts: step.Counts, Evidence: s.evidence(step.Evidence),
		})
	}
	for _, h := range p.Health {
		h.Time, h.MeetingTime = h.Time.UTC(), h.MeetingTime.UTC()
		d.Health = append(d.Health, h)
	}
	_ = d.StoreBodies(nil) // it does not fail without a store
	return &d
}

// StoreBodies is as that of a Document.
func (d *PlayDocument) StoreBodies(store Store) error {
	for _, s := range d.Steps {
		if err := setCurl(s.Evidence, store); err != nil {
			return err
		}
	}
	return nil
}

// PlayOutcome is the result of a play.
type PlayOutcome string

const (
	PlayMet          PlayOutcome = "met"          // every expectation that could be judged was met
	PlayUnmet        PlayOutcome = "unmet"        // one was not
	PlayInconclusive PlayOutcome = "inconclusive" // none was unmet, but one could not be judged, or not all was played
	PlayFailed       PlayOutcome = "error"        // the harness itself failed
)

// outcome sums the play up.
func (p *Play) outcome() PlayOutcome {
	outcome := p.Result.Outcome()
	switch {
	case p.Failure != "":
		return PlayFailed
	case outcome == scenarios.Unmet:
		return PlayUnmet
	case outcome == scenarios.Inconclusive || !p.Result.Complete:
		return PlayInconclusive
	default:
		return PlayMet
	}
}

// headline says the outcome in one line. It always says what was not judged, and
// that not all was played.
func (p *Play) headline() string {
	c := p.Result.Counts
	all := c.Met + c.Unmet + c.Inconclusive
	share := func(n int) string {
		if all == 1 {
			return "the one expectation"
		}
		return fmt.Sprintf("%d of %d expectations", n, all)
	}
	var parts []string
	switch outcome := p.outcome(); {
	case c.Unmet > 0:
		parts = append(parts, share(c.Unmet)+" unmet")
		if c.Inconclusive > 0 {
			parts = append(parts, fmt.Sprintf("%d inconclusive", c.Inconclusive))
		}
	case c.Inconclusive > 0:
		parts = append(parts, "inconclusive: "+share(c.Inconclusive)+" could not be judged")
	case c.Met == 0:
		parts = append(parts, "inconclusive: nothing was judged")
	case outcome != PlayMet:
		parts = append(parts, "inconclusive: "+printable.Count(c.Met, "expectation")+" met so far")
	case all == 1:
		parts = append(parts, "the one expectation met")
	default:
		parts = append(parts, fmt.Sprintf("all %d expectations met", all))
	}
	if p.Failure != "" {
		parts = append([]string{ToolName + " failed"}, parts...)
	}
	if p.Stopped != "" {
		parts = append(parts, "stopped early: "+p.Stopped)
	}
	return strings.Join(parts, ", ")
}

// Facts returns what there is to say about the play. The hazard of the script is
// among it only if all is asked for, or not all went well.
func (d *PlayDocument) Facts(all bool) []Fact {
	hazard, key := "", ""
	if d.Outcome != PlayMet || all {
		hazard = printable.Text(d.Scenario.Note)
	}
	if d.Target.KeyURL != "" {
		key = printable.Line(d.Target.KeyURL) + ", " + fetched(d.KeyFetches)
	}
	events := subscription(d.Target.Events)
	if n := d.Summary.Filtered; n > 0 {
		events += fmt.Sprintf("; %d of others left out", n)
	}
	played := 0
	for _, s := range d.Steps {
		if s.Status != scenarios.NotPlayed {
			played++
		}
	}
	run := fmt.Sprintf("%s, %s in %s", printable.Count(played, "step"), Deliveries(d.Summary.Sent), printable.Duration(time.Duration(d.Took)))
	return existing(
		Fact{"scenario", printable.Name(cmp.Or(d.Scenario.Source, d.Scenario.Name)) + ": " + printable.Text(d.Scenario.Title)},
		Fact{"hazard", hazard},
		Fact{"target", targetFact(d.Target)},
		Fact{"key", key},
		Fact{"calls", callsText(d.Calls)},
		Fact{"events", events},
		Fact{"webhook", printable.Line(d.Target.WebhookID)},
		Fact{"meeting", printable.Line(d.Target.MeetingID)},
		Fact{"faults", printable.Line(strings.Join(d.Faults, "; "))},
		Fact{"play", run + begun(d.Began)},
		Fact{"record", printable.Line(d.Recording)},
		Fact{"failure", printable.Text(d.Failure)},
	)
}

func fetched(n int) string {
	switch n {
	case 0:
		return "never fetched"
	case 1:
		return "fetched once"
	default:
		return fmt.Sprintf("fetched %d times", n)
	}
}

// Rerun returns the flags that make the same events again.
func (d *PlayDocument) Rerun() string { return rerun(d.Seed, d.Start) }

// Tone sums the play up.
func (d *PlayDocument) Tone() Tone {
	switch d.Outcome {
	case PlayMet:
		return Good
	case PlayInconclusive:
		return Unsure
	default:
		return Bad
	}
}
