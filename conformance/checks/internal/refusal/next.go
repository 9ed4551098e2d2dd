package refusal

import (
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// containerFlags have the key served where a container finds it.
func containerFlags() []string {
	return []string{"--listen", "0.0.0.0:9010", "--advertise", "http://host.docker.internal:9010"}
}

// fromContainer is that as a remedy.
func fromContainer() string {
	return strings.Join(containerFlags(), " ") + " serves the key for a container"
}

// advise adds to a diagnosis what the receiver itself says it misses, and the flags for
// the next run.
func (o *Observations) advise(d *conformance.Diagnosis) {
	first := o.Seen[First].Answer
	fails := o.Exited != "" || first == exchange.Refused || first == exchange.Failing || first == exchange.Cut || first == exchange.Silent
	subscription := subscribe(o.acceptedTypes())
	switch {
	case fails && o.Lacks != "" && o.Fetches == 0:
		what := map[bool]string{true: "the URL of the key", false: "the key, in PEM,"}[o.LacksFlag == "key-env"]
		d.Cure = slices.Insert(d.Cure, 0, "it says that it misses "+o.Lacks+": give it "+what+" there by --"+o.LacksFlag+" "+o.Lacks)
		d.Flags = []string{"--" + o.LacksFlag, o.Lacks}
	case slices.Contains(d.Cure, subscription):
		d.Flags = strings.Fields(subscription[strings.Index(subscription, "--"):])
	case o.Apart && slices.ContainsFunc(d.Cure, func(cure string) bool { return strings.HasSuffix(cure, fromContainer()) }):
		d.Flags = containerFlags()
	}
}
