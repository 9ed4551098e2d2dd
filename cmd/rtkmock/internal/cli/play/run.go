package play

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/scenarios"
)

// play plays, and returns the account of it. A nil account means that nothing was
// played; with one, the error says why the harness failed.
func (p *player) play(ctx context.Context) (*report.Play, error) {
	began := time.Now()
	w := &watcher{player: p, ledger: ledger.New(ledger.Options{}), health: mocksender.Healthy, shown: map[string]int{}}
	if missing := p.await(ctx); missing != "" {
		// No delivery could say more about a target that is not there.
		rep := p.account(w, p.notPlayed(), began)
		rep.Stopped = missing
		p.discardRecording()
		return rep, nil
	}
	w.show = p.NewProgress(p.progress)
	p.playing.Progress = w.update
	result, err := scenarios.Play(ctx, p.script, p.playing)
	w.show.Finish()
	if result == nil {
		p.discardRecording()
		if errors.Is(err, scenarios.ErrOptions) {
			err = exit.Usagef("play: %s", exit.Plain(err))
		}
		return nil, err
	}
	rep := p.account(w, result, began)
	switch {
	case ctx.Err() != nil:
		rep.Stopped = "interrupted"
	case err != nil:
		rep.Failure = exit.Plain(err)
	}
	return rep, errors.Join(err, p.endRecording(rep))
}

// await waits for a target of the user's, and returns why there is none.
func (p *player) await(ctx context.Context) (missing string) {
	if p.url == nil {
		return ""
	}
	ready := target.Listening(p.url, p.Sender.Proxy, p.Sender.Dial)
	err := ready.Wait(ctx, p.Terminal, p.wait, nil)
	switch {
	case err == nil:
		return ""
	case ctx.Err() != nil:
		return "interrupted"
	}
	p.Notef("%s", ready.Not)
	return ready.Not
}

// notPlayed is the result of a play that did not come to its first step.
func (p *player) notPlayed() *scenarios.Result {
	r := &scenarios.Result{
		Scenario: p.script.Name, Title: p.script.Title, URL: p.playing.URL,
		Seed: p.playing.Payload.Seed, Start: p.playing.Payload.Start.UTC(),
	}
	for _, info := range p.script.Steps() {
		r.Steps = append(r.Steps, scenarios.StepResult{
			StepInfo: info, Status: scenarios.NotPlayed, Reason: "the play ended before",
		})
	}
	return r
}

// endRecording gives the recording its name. A failure is the harness's.
func (p *player) endRecording(rep *report.Play) error {
	if p.recording == nil {
		return nil
	}
	if err := p.recording.finish(); err != nil {
		text := fmt.Sprintf("--record: %s: %s", p.recording.path, files.Problem(err))
		rep.Failure = cmp.Or(rep.Failure, text)
		return exit.Errorf(exit.Harness, "%s", text)
	}
	rep.Recording = p.recording.path
	return nil
}

func (p *player) discardRecording() {
	if p.recording != nil {
		p.recording.discard()
	}
}

// account gathers what a report of the play shows.
func (p *player) account(w *watcher, result *scenarios.Result, began time.Time) *report.Play {
	events := p.playing.Events
	if len(events) == 0 {
		events = rtk.EventTypes()
	}
	return &report.Play{
		PlayDocument: report.PlayDocument{
			Scenario: report.Scenario{Source: p.path, Note: p.script.Note, Expectation: p.script.Expectation},
			Target: conformance.TargetInfo{
				URL: p.playing.URL, KeyURL: p.server.KeyURL(), Events: events,
				WebhookID: p.playing.Sender.WebhookID, MeetingID: p.Payload.MeetingID, Embedded: p.url == nil,
			},
			KeyFetches:  p.server.Keys.Fetches(),
			Calls:       conformance.CountCalls(p.server.API.Log()),
			Began:       began,
			Speed:       p.playing.Speed,
			Assumptions: p.assumptions(),
			Faults:      delivery.FaultTexts(p.Sender.Faults),
			Health:      w.changes,
			Ledger:      w.ledger.Snapshot(),
		},
		Result:        result,
		SecretHeaders: p.SecretHeaders(),
	}
}

// assumptions are what the guide leaves open, as this play takes it.
func (p *player) assumptions() []conformance.Assumption {
	o := p.playing.Sender
	waits := "none: there is one attempt"
	if profile, ok := o.Retry.(mocksender.Profile); ok && len(profile.Waits) > 0 {
		waits = delivery.ShowWaits(profile.Waits)
		if p.Schedule == nil && !p.Realtime {
			waits += ", a tenth of the profile's " + delivery.ShowWaits(p.policy.Waits) + ", which --realtime keeps"
		}
	}
	out := []conformance.Assumption{
		{Name: "time-out of one attempt", Value: o.Timeout.String(), Flag: "--timeout"},
		{Name: "retries", Value: p.policy.Name + ": " + p.policy.Doc, Flag: "--retry-profile"},
		{Name: "waits between attempts in this play", Value: waits, Flag: "--retry-schedule"},
		{Name: "rtk-uuid on a retry", Value: string(o.RetryUUID), Flag: "--retry-uuid"},
	}
	if p.APIFault != rest.NoFault {
		out = append(out, conformance.Assumption{Name: "the REST API fails", Value: p.APIFault.Doc(), Flag: "--api-fault"})
	}
	if o.Health == nil {
		return append(out, conformance.Assumption{Name: "attempts after repeated failures", Value: "never reduced", Flag: "--reduce-after"})
	}
	return append(out,
		conformance.Assumption{
			Name: "attempts are reduced after", Value: fmt.Sprintf("%d failed deliveries in a row", o.Health.Failures), Flag: "--reduce-after",
		},
		conformance.Assumption{
			Name: "while they are reduced, one is tried of", Value: fmt.Sprintf("%d deliveries", o.Health.ProbeEvery), Flag: "--probe-every",
		},
	)
}

// exitOf is how a play ends the call; failed is why the harness did.
func exitOf(ctx context.Context, d *report.PlayDocument, failed error) error {
	var known *exit.Error
	switch {
	case ctx.Err() != nil:
		return exit.ErrInterrupted
	case errors.As(failed, &known):
		return known
	case errors.Is(failed, scenarios.ErrScript):
		return exit.Usagef("play: %s", exit.Plain(failed))
	case failed != nil:
		return exit.Errorf(exit.Harness, "%s", exit.Plain(failed))
	case d.Summary.Filtered > 0 && d.Summary.Sent == 0:
		return exit.Errorf(exit.Nothing, "play: %s delivers none of the events of --events", d.Scenario.Name)
	}
	switch d.Outcome {
	case report.PlayMet:
		return nil
	case report.PlayUnmet:
		return exit.Silent(exit.Nonconformant)
	default:
		return exit.Silent(exit.Inconclusive)
	}
}

// watcher keeps account of a play while it goes on, and shows progress. One
// goroutine at a time calls update.
type watcher struct {
	*player
	ledger  *ledger.Ledger
	show    *terminal.Progress
	done    int
	shown   map[string]int         // by step: deliveries of it that have a line
	health  mocksender.HealthState // of the latest delivery
	changes []report.HealthChange
}

func (w *watcher) update(u scenarios.Update) {
	switch u.Kind {
	case scenarios.Attempted:
		if w.recording != nil {
			d := u.Delivery
			if d.MeetingTime.IsZero() {
				d.MeetingTime = u.At
			}
			w.recording.Attempt(d, u.Attempt)
		}
	case scenarios.Ended:
		r := u.Receipt
		if r.Delivery.MeetingTime.IsZero() {
			r.Delivery.MeetingTime = u.At
		}
		w.ledger.Add(r)
		w.noteHealth(r)
		w.done++
	}
	w.showLine(u)
	w.show.Step(terminal.Step{Done: w.done, Total: w.script.Deliveries(), ID: "step " + u.Step.Number, Text: u.Step.Do})
}

// maxHealthChanges bounds what is kept of the changes of the sender's health.
const maxHealthChanges = 1000

// noteHealth notes the first delivery after a change of the sender's health.
func (w *watcher) noteHealth(r mocksender.Receipt) {
	if r.Health == "" || r.Health == w.health {
		return
	}
	w.health = r.Health
	if len(w.changes) == maxHealthChanges {
		return
	}
	at := time.Now()
	if len(r.Attempts) > 0 {
		at = r.Attempts[0].At
	}
	w.changes = append(w.changes, report.HealthChange{
		State: r.Health, Time: at, MeetingTime: r.Delivery.MeetingTime,
		Event: r.Delivery.Event.Type, UUID: r.Delivery.UUID,
	})
}

// maxLines is how many deliveries of one step that did not end as expected have a
// line; the report has the others.
const maxLines = 3

// showLine writes a line for each step when it begins, and for each delivery that
// did not end as expected.
func (w *watcher) showLine(u scenarios.Update) {
	n, begun := w.shown[u.Step.Number]
	bad := u.Status == scenarios.Unmet || u.Status == scenarios.Inconclusive
	switch {
	case u.Kind == scenarios.Began && !begun:
		w.shown[u.Step.Number] = 0
		number := ""
		if strings.Contains(u.Step.Number, ".") {
			number = u.Step.Number + " "
		}
		w.show.Linef("[%d/%d] %s%s", len(w.shown), len(w.script.Steps()), number, u.Step.Do)
	case u.Kind != scenarios.Ended:
	case w.reports.Verbose, bad && n < maxLines:
		d := u.Receipt.Delivery
		w.show.Linef("step %s: %s: %s %s: %s", u.Step.Number, u.Status, d.Event.Type, d.UUID, u.Reason)
	}
	if u.Kind == scenarios.Ended && bad {
		w.shown[u.Step.Number]++
	}
}
