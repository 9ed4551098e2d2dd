package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/scenarios"
)

// perform plays, and returns the account of it. A nil account means that
// nothing was played; with one, the error says why the harness failed.
func (a *app) perform(p *playing) (*report.Play, error) {
	began := time.Now()
	watch := &playWatch{
		ledger:    ledger.New(ledger.Options{}),
		recording: p.recording,
		health:    mocksender.Healthy,
	}
	if !a.await(p.url, p.flags.proxy, p.flags.wait) {
		// No delivery could say more about a target that is not there.
		rep := a.accountOf(p, watch, notPlayed(p), began)
		rep.Stopped = dialable(p.url) + " accepts no connection"
		if a.interrupted() {
			rep.Stopped = "interrupted"
		}
		p.discardRecording()
		return rep, nil
	}
	watch.show = a.newPlayProgress(p.flags, p.script.Scenario)
	p.options.Progress = watch.update
	result, err := scenarios.Play(a.ctx, p.script.Scenario, p.options)
	watch.show.finish()
	if result == nil {
		p.discardRecording()
		if errors.Is(err, scenarios.ErrOptions) {
			err = usagef("play: %s", plain(err))
		}
		return nil, err
	}
	rep := a.accountOf(p, watch, result, began)
	switch {
	case a.interrupted():
		rep.Stopped = "interrupted"
	case err != nil:
		rep.Failure = plain(err)
	}
	return rep, errors.Join(err, a.endRecording(p, rep))
}

// notPlayed is the result of a play that did not come to its first step.
func notPlayed(p *playing) *scenarios.Result {
	r := &scenarios.Result{
		Scenario: p.script.Name, Title: p.script.Title, URL: p.options.URL,
		Seed: p.options.Payload.Seed, Start: p.options.Payload.Start.UTC(),
	}
	for _, info := range p.script.Steps() {
		r.Steps = append(r.Steps, scenarios.StepResult{
			StepInfo: info, Status: scenarios.NotPlayed, Reason: "the play ended before",
		})
	}
	return r
}

// endRecording makes the recording whole. What goes wrong is the harness's
// failure.
func (a *app) endRecording(p *playing, rep *report.Play) error {
	if p.recording == nil {
		return nil
	}
	if err := p.recording.finish(); err != nil {
		text := fmt.Sprintf("--record: %s: %s", p.recording.path, fileProblem(err))
		rep.Failure = cmp.Or(rep.Failure, text)
		return &exitError{ExitHarness, &problem{text}}
	}
	rep.Recording = p.recording.path
	return nil
}

func (p *playing) discardRecording() {
	if p.recording != nil {
		p.recording.discard()
	}
}

// accountOf gathers what there is to tell of a play.
func (a *app) accountOf(p *playing, w *playWatch, result *scenarios.Result, began time.Time) *report.Play {
	return &report.Play{
		Result: result, Source: p.script.path, Note: p.script.Note, Expectation: p.script.Expectation,
		Target: conformance.TargetInfo{
			URL: p.options.URL, KeyURL: p.station.keyURL(), Events: orAllEvents(p.flags.events),
			WebhookID: p.options.Sender.WebhookID, MeetingID: p.flags.meetingID, Embedded: p.url == nil,
		},
		KeyFetches:    p.station.keys.Fetches(),
		Began:         began,
		Speed:         p.flags.speed,
		Assumptions:   p.assumptions(),
		Faults:        faultSpecs(p.flags.retry.faults),
		Health:        w.changes,
		Ledger:        w.ledger.Snapshot(),
		SecretHeaders: p.flags.secretNames(),
	}
}

// assumptions are what the guide leaves open, as this play takes it.
func (p *playing) assumptions() []conformance.Assumption {
	f, o := p.flags, p.options.Sender
	waits := "none: there is one attempt"
	if profile, ok := o.Retry.(mocksender.Profile); ok && len(profile.Waits) > 0 {
		waits = showWaits(profile.Waits)
		if f.retry.schedule == nil && !f.retry.realtime {
			waits += ", a tenth of the profile's " + showWaits(p.profile.Waits) + ", which --realtime keeps"
		}
	}
	out := []conformance.Assumption{
		{Name: "time-out of one attempt", Value: o.Timeout.String(), Flag: "--timeout"},
		{Name: "retries", Value: p.profile.Name + ": " + p.profile.Doc, Flag: "--retry-profile"},
		{Name: "waits between attempts in this play", Value: waits, Flag: "--retry-schedule"},
		{Name: "rtk-uuid on a retry", Value: string(o.RetryUUID), Flag: "--retry-uuid"},
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

// writePlay writes what was asked for.
func (a *app) writePlay(rep *report.Play, f *playFlags) error {
	d, err := report.NewPlay(rep, readBuild().Version)
	if err != nil {
		return err
	}
	if err := d.StoreBodies(f.outputs.bodies); err != nil {
		return notWritten(err)
	}
	return a.writeAll(&f.outputs, func(format formats.Format, w io.Writer, o plaintext.Options) error {
		return format.WritePlay(w, d, o)
	})
}

// playExit is the exit code of a play; failed is why the harness did.
func (a *app) playExit(rep *report.Play, failed error) error {
	var known *exitError
	switch c := rep.Result.Counts; {
	case a.interrupted():
		return errInterrupted()
	case errors.As(failed, &known):
		return known
	case errors.Is(failed, scenarios.ErrScript):
		return usagef("play: %s", plain(failed))
	case failed != nil:
		return &exitError{ExitHarness, &problem{plain(failed)}}
	case c.Filtered > 0 && c.Sent == 0:
		return &exitError{ExitNothing, &problem{"play: " + rep.Result.Scenario + " delivers none of the events of --events"}}
	}
	switch rep.Outcome() {
	case report.PlayMet:
		return nil
	case report.PlayUnmet:
		return exit(ExitNonconformant)
	default:
		return exit(ExitInconclusive)
	}
}

// maxHealthChanges bounds what is kept of the turns of the sender's health.
const maxHealthChanges = 1000

// playWatch keeps account of a play while it goes on. update is called by one
// goroutine at a time.
type playWatch struct {
	ledger    *ledger.Ledger
	recording *recordingFile
	show      playProgress
	health    mocksender.HealthState // of the latest delivery
	changes   []report.HealthChange
}

func (w *playWatch) update(u scenarios.Update) {
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
		w.turn(r)
	}
	w.show.update(u)
}

// turn notes a delivery for which the sender stood otherwise with the target.
func (w *playWatch) turn(r mocksender.Receipt) {
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
