package report

import (
	"io"
	"strconv"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/scenarios"
)

// The JSON report of a play, member by member in the order in which they are
// written. What each means is described in the schema play.

// jsonPlayVersion is the version of the JSON report of a play. Members may be
// added to it; one that is there keeps its meaning.
const jsonPlayVersion = 1

// jsonPlayKind tells the report of a play from that of a run.
const jsonPlayKind = "play"

type jsonPlay struct {
	Version     int              `json:"version"`
	Kind        string           `json:"kind"`
	Outcome     PlayOutcome      `json:"outcome"`
	Headline    string           `json:"headline"`
	Complete    bool             `json:"complete"`
	Stopped     string           `json:"stopped,omitempty"`
	Failure     string           `json:"failure,omitempty"`
	Tool        jsonTool         `json:"tool"`
	Scenario    jsonScenario     `json:"scenario"`
	Seed        string           `json:"seed"` // JavaScript's numbers cannot hold all 64 bits
	Start       string           `json:"start"`
	Speed       float64          `json:"speed"`
	Began       string           `json:"began"`
	TookMS      float64          `json:"took_ms"`
	Target      jsonTarget       `json:"target"`
	KeyFetches  int              `json:"key_fetches"`
	Recording   string           `json:"recording,omitempty"`
	Assumptions []jsonAssumption `json:"assumptions"`
	Faults      []string         `json:"faults"`
	Summary     jsonCounts       `json:"summary"`
	Withheld    int              `json:"withheld"`
	Steps       []jsonStep       `json:"steps"`
	Health      []jsonHealth     `json:"health"`
	Ledger      ledger.Report    `json:"ledger"`
}

type jsonScenario struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Source      string `json:"source,omitempty"`
	Note        string `json:"note,omitempty"`
	Expectation string `json:"expectation,omitempty"`
}

// jsonCounts are scenarios.Counts.
type jsonCounts struct {
	Sent         int `json:"sent"`
	Attempts     int `json:"attempts"`
	Delivered    int `json:"delivered"`
	AcceptedLate int `json:"accepted_late"`
	Failed       int `json:"failed"`
	Exhausted    int `json:"exhausted"`
	NotTried     int `json:"not_tried"`
	Abandoned    int `json:"abandoned"`
	Met          int `json:"met"`
	Unmet        int `json:"unmet"`
	Inconclusive int `json:"inconclusive"`
	NotJudged    int `json:"not_judged"`
	Filtered     int `json:"filtered"`
}

type jsonStep struct {
	Number     string                `json:"number"`
	Do         string                `json:"do"`
	Note       string                `json:"note,omitempty"`
	Expect     scenarios.Expectation `json:"expect,omitempty"`
	Status     scenarios.Status      `json:"status"`
	Reason     string                `json:"reason,omitempty"`
	Deliveries int                   `json:"deliveries"`
	Counts     jsonCounts            `json:"counts"`
	Evidence   []jsonEvidence        `json:"evidence"`
}

type jsonHealth struct {
	State       mocksender.HealthState `json:"state"`
	Time        string                 `json:"time"`
	MeetingTime string                 `json:"meeting_time,omitempty"`
	Event       string                 `json:"event"`
	UUID        string                 `json:"uuid"`
}

func writePlayJSON(w io.Writer, p *Play, o Options) error {
	v, err := newPlayView(p, o)
	if err != nil {
		return err
	}
	doc, err := v.document()
	if err != nil {
		return err
	}
	return emitJSON(w, doc)
}

func (v *playView) document() (*jsonPlay, error) {
	p, r := v.play, v.play.Result
	doc := &jsonPlay{
		Version:  jsonPlayVersion,
		Kind:     jsonPlayKind,
		Outcome:  p.Outcome(),
		Headline: v.redactor.Text(p.Headline()),
		Complete: r.Complete,
		Stopped:  v.redactor.Text(p.Stopped),
		Failure:  v.redactor.Text(p.Failure),
		Tool:     jsonTool{ToolName, v.options.version()},
		Scenario: jsonScenario{
			Name: r.Scenario, Title: r.Title, Source: p.Source, Note: p.Note, Expectation: p.Expectation,
		},
		Seed:        strconv.FormatUint(r.Seed, 10),
		Start:       moment(r.Start),
		Speed:       p.Speed,
		Began:       moment(p.Began),
		TookMS:      millis(r.Took),
		Target:      v.jsonTarget(),
		KeyFetches:  p.KeyFetches,
		Recording:   p.Recording,
		Assumptions: v.jsonAssumptions(),
		Faults:      append([]string{}, p.Faults...),
		Summary:     newCounts(r.Counts),
		Withheld:    r.Withheld,
		Steps:       []jsonStep{},
		Health:      []jsonHealth{},
		Ledger:      p.Ledger,
	}
	for _, s := range r.Steps {
		step, err := v.jsonStep(s)
		if err != nil {
			return nil, err
		}
		doc.Steps = append(doc.Steps, step)
	}
	for _, h := range p.Health {
		turn := jsonHealth{State: h.State, Time: moment(h.Time), Event: string(h.Event), UUID: h.UUID}
		if !h.MeetingTime.IsZero() {
			turn.MeetingTime = moment(h.MeetingTime)
		}
		doc.Health = append(doc.Health, turn)
	}
	return doc, nil
}

func (v *playView) jsonStep(s scenarios.StepResult) (jsonStep, error) {
	out := jsonStep{
		Number: s.Number, Do: v.redactor.Text(s.Do), Note: s.Note, Expect: s.Expect,
		Status: s.Status, Reason: v.redactor.Text(s.Reason),
		Deliveries: s.Deliveries, Counts: newCounts(s.Counts),
		Evidence: []jsonEvidence{},
	}
	for _, r := range s.Evidence {
		e, err := v.jsonEvidence(r)
		if err != nil {
			return out, err
		}
		out.Evidence = append(out.Evidence, e)
	}
	return out, nil
}

func newCounts(c scenarios.Counts) jsonCounts {
	return jsonCounts{
		Sent: c.Sent, Attempts: c.Attempts,
		Delivered: c.Delivered, AcceptedLate: c.AcceptedLate, Failed: c.Failed,
		Exhausted: c.Exhausted, NotTried: c.NotTried, Abandoned: c.Abandoned,
		Met: c.Met, Unmet: c.Unmet, Inconclusive: c.Inconclusive, NotJudged: c.NotJudged,
		Filtered: c.Filtered,
	}
}
