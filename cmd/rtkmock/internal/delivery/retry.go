package delivery

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Retry says how deliveries are tried again, and what goes wrong on the way.
type Retry struct {
	Profile  string
	Schedule []time.Duration // nil: that of the profile
	UUID     string
	Realtime bool
	Faults   []mocksender.Fault
}

// noWaits in the place of a retry schedule stands for no retries at all.
const noWaits = "none"

// MaxThreshold is the highest value of --reduce-after and --probe-every.
const MaxThreshold = 1e6

// Add adds the flags. A verb that scales the waits has --realtime, too.
func (r *Retry) Add(cmd *cobra.Command, scaled bool) {
	fs := cmd.Flags()
	var names []string
	var completions []cobra.Completion
	for _, p := range mocksender.Profiles() {
		names = append(names, p.Name)
		completions = append(completions, cobra.CompletionWithDesc(p.Name, p.Doc))
	}
	r.Profile = mocksender.ProfileCloudflare
	flags.Var(fs, &r.Profile, "retry-profile", strings.Join(names, "|"), "what is retried, and how often: as the guide has it, or as documents of the predecessor do", flags.OneOf(names...))
	flags.Complete(cmd, "retry-profile", cobra.FixedCompletions(completions, cobra.ShellCompDirectiveNoFileComp))
	flags.CommaList(fs, &r.Schedule, "retry-schedule", "DURATION,...", "the waits between attempts, taken as they are, in place of the profile's; none for a single attempt", parseWait)
	flags.Choice(cmd, &r.UUID, "retry-uuid", string(mocksender.SameUUID), []string{string(mocksender.SameUUID), string(mocksender.NewUUID)}, "whether a retry carries the same rtk-uuid or a new one")
	if scaled {
		fs.BoolVar(&r.Realtime, "realtime", false, "wait between attempts as long as the profile says, instead of a tenth of that")
	}
	flags.List(fs, &r.Faults, "fault", "'FAULT'", "let something go wrong between rtkmock and the target: "+faultForms+", with attempt=N, event=NAME or chance=P after commas; repeatable", ParseFault)
	flags.Complete(cmd, "fault", completeFault)
}

func parseWait(s string) (time.Duration, error) {
	if s == noWaits {
		return -1, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, flags.Found(s, "durations such as 1s,5s,30s, or none")
	}
	return d, nil
}

// policy returns the profile, with the waits of --retry-schedule if there are
// any.
func (r *Retry) policy(a *app.App) (mocksender.Profile, error) {
	if r.Profile == "" { // the verb has no such flags
		return mocksender.Profile{}, nil
	}
	p, err := mocksender.ParseProfile(r.Profile)
	switch {
	case err != nil:
		return p, a.BadFlag("retry-profile", "%s", exit.Plain(err))
	case r.Schedule == nil:
		return p, nil
	case !slices.Contains(r.Schedule, -1):
		p.Waits = r.Schedule
		return p, nil
	case len(r.Schedule) > 1:
		return p, a.BadFlag("retry-schedule", "found none among durations, want one or the other")
	}
	p.Waits = []time.Duration{}
	return p, nil
}

// Scale shortens the waits of a profile for somebody who does not want to sit
// them out. Those of --retry-schedule stay as they are.
func (r *Retry) Scale(p mocksender.Profile) mocksender.Profile {
	if r.Schedule != nil || r.Realtime {
		return p
	}
	return p.Scaled(scenarios.DefaultRetryScale)
}

// ShowWaits writes the waits between attempts.
func ShowWaits(waits []time.Duration) string {
	if len(waits) == 0 {
		return noWaits
	}
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = w.String()
	}
	return strings.Join(texts, ", ")
}
