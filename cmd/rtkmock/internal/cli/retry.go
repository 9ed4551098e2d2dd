package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/scenarios"
)

// noWaits in the place of a retry schedule stands for no retries at all.
const noWaits = "none"

// retryFlags say how deliveries are tried again, and what goes wrong on the
// way.
type retryFlags struct {
	profile  string
	schedule []time.Duration // nil: that of the profile
	uuid     string
	realtime bool
	faults   []mocksender.Fault
}

// add adds the flags. A verb whose waits are scaled has --realtime.
func (f *retryFlags) add(cmd *cobra.Command, scaled bool) {
	fs := cmd.Flags()
	names := profileNames()
	f.profile = mocksender.ProfileCloudflare
	fs.Var(&value[string]{&f.profile, strings.Join(names, "|"), parseChoice(names...), showText}, "retry-profile", "what is retried, and how often: as the guide has it, or as documents of the predecessor do")
	complete(cmd, "retry-profile", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var out []cobra.Completion
		for _, p := range mocksender.Profiles() {
			out = append(out, cobra.CompletionWithDesc(p.Name, p.Doc))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	fs.Var(&list[time.Duration]{dst: &f.schedule, kind: "DURATION,...", commas: true, parse: parseWait}, "retry-schedule", "the waits between attempts, taken as they are, in place of the profile's; none for a single attempt")
	choiceFlag(cmd, &f.uuid, "retry-uuid", string(mocksender.SameUUID), []string{string(mocksender.SameUUID), string(mocksender.NewUUID)}, "whether a retry carries the same rtk-uuid or a new one")
	if scaled {
		fs.BoolVar(&f.realtime, "realtime", false, "wait between attempts as long as the profile says, instead of a tenth of that")
	}
	fs.Var(&list[mocksender.Fault]{dst: &f.faults, kind: "'FAULT'", parse: parseFaultSpec}, "fault", "let something go wrong between rtkmock and the target: "+faultForms+", with attempt=N, event=NAME or chance=P after commas; repeatable")
	complete(cmd, "fault", completeFault)
}

func profileNames() []string {
	var names []string
	for _, p := range mocksender.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

func parseWait(s string) (time.Duration, error) {
	if s == noWaits {
		return -1, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, found(s, "durations such as 1s,5s,30s, or none")
	}
	return d, nil
}

// waits returns what --retry-schedule says, and nil if it is not given.
func (a *app) waits(f *retryFlags) ([]time.Duration, error) {
	switch i := slices.Index(f.schedule, -1); {
	case i < 0:
		return f.schedule, nil
	case len(f.schedule) > 1:
		return nil, a.bad("retry-schedule", "found none among durations, want one or the other")
	default:
		return []time.Duration{}, nil
	}
}

// retryProfile returns the profile with the waits of --retry-schedule, and
// without that with its own.
func (a *app) retryProfile(f *retryFlags) (mocksender.Profile, error) {
	p, err := mocksender.ParseProfile(f.profile)
	if err != nil {
		return p, a.bad("retry-profile", "%s", plain(err))
	}
	waits, err := a.waits(f)
	if waits != nil {
		p.Waits = waits
	}
	return p, err
}

// scaledProfile is retryProfile with waits for somebody who does not want to
// sit them out. What --retry-schedule says is meant as it is.
func (a *app) scaledProfile(f *retryFlags) (mocksender.Profile, error) {
	p, err := a.retryProfile(f)
	if f.schedule != nil || f.realtime {
		return p, err
	}
	return p.Scaled(scenarios.DefaultRetryScale), err
}

// into fills in what the flags say of how deliveries are sent, apart from the
// retry policy.
func (f *retryFlags) into(o *mocksender.Options, seed uint64) {
	o.RetryUUID = mocksender.RetryUUID(f.uuid)
	o.Faults = f.faults
	o.FaultSeed = seed
}

func showWaits(waits []time.Duration) string {
	if len(waits) == 0 {
		return noWaits
	}
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = w.String()
	}
	return strings.Join(texts, ", ")
}
