package test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// NewDoctorCommand returns the verb "doctor". It is a run of the few checks that say
// whether a receiver can be judged at all.
func NewDoctorCommand(a *app.App) *cobra.Command {
	o := &options{App: a, progress: terminal.ProgressNone}
	o.selection = selection{only: doctorChecks(), minLevel: "may", profile: profileDefault}
	o.Profile = mocksender.ProfileCloudflare
	cmd := &cobra.Command{
		Use:   "doctor [URL] [flags] [-- COMMAND]",
		Short: "Look at a receiver for two seconds, and say what to type next",
		Long: `Send a receiver one genuine event of each type, and a few without a signature, and say in a few lines
whether it is reachable, fetches the key, takes what is genuine and refuses what is not. If it
refuses a genuine event, experiments find out why. The last line is the next command to type.

Exit codes: 0 it can be judged, 1 it takes what is not signed, 2 a mistake in the command line,
3 it refuses genuine events, or does not answer, 4 rtkmock failed, 130 interrupted.`,
		Example: `  rtkmock doctor http://localhost:3000/webhook -- npm start
  rtkmock doctor http://localhost:3000/webhook --listen 127.0.0.1:9010`,
		Args: func(cmd *cobra.Command, args []string) error {
			_, err := o.command.take(cmd, args)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := o.command.take(cmd, args)
			if err != nil {
				return err
			}
			url, err := o.command.settle(o.App, command.Arg(before, 0))
			switch {
			case err != nil:
				return err
			case url == "":
				return exit.Usagef("doctor: found no URL, want that of a receiver, as in %s doctor http://localhost:3000/webhook -- npm start", strings.Join(o.Program, " "))
			}
			return o.doctor(cmd.Context(), url)
		},
	}
	o.addTargetFlags(cmd)
	flags.Heading(cmd, flags.HeadingSent, "set")
	o.AddSent(cmd)
	flags.Heading(cmd, flags.HeadingServers, "key")
	o.AddServers(cmd, "the key endpoint")
	flags.Heading(cmd, flags.HeadingOutput, "output")
	flags.Output(cmd, &a.Form, "form of the result")
	flags.First(cmd, "key-env", "port-env", "listen", "key", "header", "events", "intercept", "output")
	return cmd
}

// The checks that a doctor speaks of by name.
const (
	acceptedCheck conformance.ID = "ctl/valid-accepted"
	unsignedCheck conformance.ID = "sig/missing-header"
)

// acceptPrefix begins the ids of the checks of the event types.
const acceptPrefix = "evt/accept-"

// doctorChecks are what a doctor looks at. Gates come along.
func doctorChecks() []string { return []string{string(unsignedCheck), acceptPrefix + "*"} }

// doctorWait is how long a target is waited for that somebody else has started.
const doctorWait = 2 * time.Second

func (o *options) doctor(ctx context.Context, text string) error {
	if _, given := o.Origins["wait-for-target"]; !given && len(o.command.words) == 0 {
		o.wait = doctorWait
	}
	r, err := o.prepare(ctx, text)
	if err != nil {
		return err
	}
	defer r.close()
	r.printBanner()
	if err := r.awaitTarget(ctx); err != nil {
		return err
	}
	rep, err := r.judgeAnyWay(ctx, text)
	switch {
	case ctx.Err() != nil:
		return exit.ErrInterrupted
	case err != nil:
		return exit.Usagef("doctor: %s", exit.Plain(err))
	}
	found := r.examine(rep)
	if o.Form == terminal.FormJSON {
		err = o.JSON(found)
	} else {
		r.printExamination(found)
	}
	if code := found.code(); err == nil && code != exit.OK {
		err = exit.Silent(code)
	}
	return err
}

// examination is what a doctor has found.
type examination struct {
	Genuine    string                 `json:"genuine"`     // "accepted", or what came instead
	Unsigned   string                 `json:"unsigned"`    // "refused", or what came instead
	KeyFetches int                    `json:"key_fetches"` // from here
	Accepted   []rtk.EventType        `json:"accepted"`
	Refused    []rtk.EventType        `json:"refused"`
	Other      []string               `json:"other"`               // what else is wrong, or stayed open
	Diagnosis  *conformance.Diagnosis `json:"diagnosis,omitempty"` // of a refusal
	Next       []string               `json:"next"`                // the words of a command

	forged bool // what is not signed gets in
}

func (e *examination) code() int {
	switch {
	case e.forged:
		return exit.Nonconformant
	case e.Genuine != "accepted", e.Unsigned != "refused", len(e.Refused) > 0, len(e.Other) > 0:
		return exit.Inconclusive
	default:
		return exit.OK
	}
}

func (r *run) examine(rep *conformance.Report) *examination {
	e := &examination{
		Genuine: "accepted", Unsigned: "not tried", KeyFetches: r.judging.Endpoints.KeyServer.Fetches(),
		Accepted: []rtk.EventType{}, Refused: []rtk.EventType{}, Other: []string{},
	}
	for _, v := range rep.Verdicts {
		event, isEvent := strings.CutPrefix(string(v.ID), acceptPrefix)
		fails, open := v.Status == conformance.Fail, v.Status == conformance.Inconclusive
		switch {
		case v.Level == conformance.Gate && (v.Diagnosis != nil || v.ID == acceptedCheck && (fails || open)):
			e.Genuine, e.Diagnosis = v.Reason, v.Diagnosis
		case v.Level == conformance.Gate && (fails || open):
			e.Other = append(e.Other, v.Reason)
		case v.ID == unsignedCheck && v.Status == conformance.Pass:
			e.Unsigned = "refused"
		case v.ID == unsignedCheck && (fails || open):
			e.Unsigned, _, _ = strings.Cut(v.Reason, ";") // one is enough
			e.forged = fails
		case isEvent && v.Status == conformance.Pass:
			e.Accepted = append(e.Accepted, rtk.EventType(event))
		case isEvent && fails:
			e.Refused = append(e.Refused, rtk.EventType(event))
		case isEvent && open:
			e.Other = append(e.Other, event+": "+v.Reason)
		}
	}
	e.Next = r.next(e)
	return e
}

// next returns the command to type next: the same one where something has to be changed
// first, or else a whole run.
func (r *run) next(e *examination) []string {
	if e.Diagnosis != nil && len(e.Diagnosis.Flags) > 0 {
		return reports.With(r.Program, r.shownArgs(), e.Diagnosis.Flags...)
	}
	words := slices.Clone(r.Program)
	repeats := e.Diagnosis == nil && r.command.repeatsFile(r.App, r.typed)
	for i, w := range r.shownArgs() {
		switch {
		case repeats && w == "--":
			return words
		case repeats && r.Args[i] == r.typed:
			continue
		}
		if w == "doctor" && !slices.Contains(words, "test") && e.Diagnosis == nil {
			words = append(words, "test")
			if _, given := r.Origins["events"]; len(e.Refused) > 0 && len(e.Accepted) > 0 && !given {
				words = append(words, "--events", strings.Join(wording.Words(e.Accepted), ","))
			}
			continue
		}
		words = append(words, w)
	}
	return words
}

// wide has no line broken where nobody reads at a terminal.
const wide = 1 << 20

func (r *run) printExamination(e *examination) {
	const column = 20
	line := func(what string, good bool, text string) {
		mark := r.Paint(terminal.Green, "ok")
		if !good {
			mark = r.Paint(terminal.Red, "NO")
		}
		r.Wrapped(fmt.Sprintf("%s  %-*s", mark, column-4, what), column, text)
	}
	line("genuine event", e.Genuine == "accepted", e.Genuine)
	if e.Diagnosis == nil {
		line("unsigned event", e.Unsigned == "refused", e.Unsigned)
		events := fmt.Sprintf("takes %d of %d", len(e.Accepted), len(e.Accepted)+len(e.Refused))
		for i, event := range e.Refused {
			events += [...]string{"; refuses ", ", "}[min(i, 1)] + string(event)
		}
		line("event types", len(e.Refused) == 0, events)
	}
	key := fmt.Sprintf("fetched from here %d times", e.KeyFetches)
	switch e.KeyFetches {
	case 0:
		key = "never fetched from here"
	case 1:
		key = "fetched from here once"
	}
	line("key", e.KeyFetches > 0 || e.code() == exit.OK, key)
	for _, text := range e.Other {
		line("besides", false, text)
	}
	if e.Diagnosis != nil {
		for _, text := range e.Diagnosis.Seen {
			r.Wrapped("    seen            ", column, text)
		}
		for i, text := range e.Diagnosis.Cure {
			r.Wrapped([...]string{"    fix             ", "    or              "}[min(i, 1)], column, text)
		}
	}
	what := "Next"
	switch {
	case e.Diagnosis != nil:
		what = "Then, once more"
	case e.code() == exit.OK:
		what = "Not judged yet. Next"
	}
	r.Printf("\n%s\n", r.Paint(terminal.Bold, what))
	for _, text := range plaintext.WrapCommand(reports.ShellWords(e.Next), r.Width(wide)-2) {
		r.Printf("  %s\n", text)
	}
}
