package conformancetest

import "strings"

// inGo names the fields of Target and Options in place of the command line's flags, which
// the texts of checks and reports name.
func inGo(text string) string { return strings.NewReplacer(fields()...).Replace(text) }

// fields are texts that name flags, each followed by its replacement. A flag that begins
// with another flag comes first.
func fields() []string {
	return []string{
		"give the command that starts it (-- COMMAND) or --restart-cmd", "set Target.Restart",
		"-- COMMAND or --restart-cmd", "Target.Restart",
		"the one of rtkmock serve", "that of mocksender/service",
		"rtkmock serve has that, too", "mocksender/service has that, too",
		"--effects-url, --effects-cmd or --effects-file", "Target.Effects",
		"--effects-file or --effects-url", "Target.Effects",
		"--effects-url", "Target.Effects",
		"--seed", "Options.Seed",
		"--events", "Target.Events",
		"--advertise-other", "Options.Endpoints.OtherBase",
		"--ca FILE", "Options.Sender.RootCAs",
		"--api-fault", "Options.Endpoints.API.SetFault",
		"with --intercept", "by package mocksender/intercept",
		"--header-names", "Options.Sender.HeaderNames:",
		"--header", "Options.Header",
		"by --key FILE (rtkmock key new --out FILE makes one)", "in Options.Endpoints",
		"--key FILE", "Options.Endpoints",
		"--key-env", "the environment variable",
		"--key-pem-env", "the environment variable",
		"--listen 0.0.0.0:9010 --advertise http://host.docker.internal:9010", "a base of Options.Endpoints such as http://host.docker.internal:9010",
		"--latency-budget", "Options.LatencyBudget",
		"--meeting-id", "Options.MeetingID",
		"--profile production", "Options.Production",
		"--rate", "Options.Rate",
		"--effects-timeout", "Options.EffectsTimeout",
		"--recovery-end", "Options.RecoveryEnd",
		"--recovery", "Options.Recovery",
		"--retry-profile", "Options.Profile",
		"--retry-schedule", "Options.RetryWaits",
		"--retry-uuid", "Options.Sender.RetryUUID",
		"--rotation-grace", "Options.RotationGrace",
		"--set PATH=VALUE", "Options.Set",
		"--set", "Options.Set",
		"--skip 'key/*'", "go test -skip /key",
		"--skip", "go test -skip",
		"--strict", "Options.Strict",
		"--timeout", "Options.Timeout",
		"--unset", "Options.Unset",
		" (--wait-for)", "",
		"--warm-up", "Options.WarmUp",
		"--webhook-id", "Options.WebhookID",
	}
}
