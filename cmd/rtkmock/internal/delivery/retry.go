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

// noWaits in the place of a retry schedule stands for no retries at all.
const noWaits = "none"

// MaxThreshold is the highest value of --reduce-after and --probe-every.
const MaxThreshold = 1e6

// AddRetry adds the flags that say how deliveries are tried again, and what goes
// wrong on the way. A verb that scales the waits has --realtime, too.
func (f *Flags) AddRetry(cmd *cobra.Command, scaled bool) {
	fs := cmd.Flags()
	var names []string
	var completions []cobra.Completion
	for _, p := range mocksender.Profiles() {
		names = append(names, p.Name)
		completions = append(completions, cobra.CompletionWithDesc(p.Name, p.Doc))
	}
	f.Profile = mocksender.ProfileCloudflare
	flags.Var(fs, &f.Profile, "retry-profile", strings.Join(names, "|"), "what is retried, and how often: as the guide has it, or as documents of the predecessor do", flags.OneOf(names...))
	flags.Complete(cmd, "retry-profile", cobra.FixedCompletions(completions, cobra.ShellCompDirectiveNoFileComp))
	flags.CommaList(fs, &f.Schedule, "retry-schedule", "DURATION,...", "the waits between attempts, taken as they are, in place of the profile's; none for a single attempt", parseWait)
	flags.Choice(cmd, &f.Sender.RetryUUID, "retry-uuid", mocksender.SameUUID, []mocksender.RetryUUID{mocksender.SameUUID, mocksender.NewUUID}, "whether a retry carries the same rtk-uuid or a new one")
	if f.scaled = scaled; scaled {
		fs.BoolVar(&f.Realtime, "realtime", false, "wait between attempts as long as the profile says, instead of a tenth of that")
	}
	flags.List(fs, (*[]mocksender.Fault)(&f.Sender.Faults), "fault", "'FAULT'", "let something go wrong between rtkmock and the target: "+faultForms+", with attempt=N, event=NAME or chance=P after commas; repeatable", ParseFault)
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

// setRetry says how deliveries are tried again, and returns the profile, with the
// waits of --retry-schedule if there are any. Those are never scaled.
func (f *Flags) setRetry(a *app.App) (p mocksender.Profile, err error) {
	if f.Profile == "" { // the verb has no such flags
		return p, nil
	}
	if p, err = mocksender.ParseProfile(f.Profile); err != nil {
		return p, a.BadFlag("retry-profile", "%s", exit.Plain(err))
	}
	switch {
	case f.Schedule == nil && f.scaled && !f.Realtime:
		f.Sender.Retry = p.Scaled(scenarios.DefaultRetryScale)
		return p, nil
	case f.Schedule == nil:
	case !slices.Contains(f.Schedule, -1):
		p.Waits = f.Schedule
	case len(f.Schedule) > 1:
		return p, a.BadFlag("retry-schedule", "found none among durations, want one or the other")
	default:
		p.Waits = []time.Duration{}
	}
	f.Sender.Retry = p
	return p, nil
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
