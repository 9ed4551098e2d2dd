package cli

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What is completed is worked out only when a shell asks for it.

func eventNames() []string {
	var names []string
	for _, t := range rtk.EventTypes() {
		names = append(names, string(t))
	}
	return names
}

// completeList completes the last item of a list with commas.
func completeList(candidates func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		head := ""
		if i := strings.LastIndexByte(typed, ','); i >= 0 {
			head = typed[:i+1]
		}
		var out []cobra.Completion
		for _, c := range candidates() {
			if !slices.Contains(strings.Split(strings.TrimSuffix(head, ","), ","), c) {
				out = append(out, head+c)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// checkPatterns are the ids of all checks, and a pattern for each group.
func checkPatterns() []string {
	all := checks.All()
	var groups []string
	for _, c := range all {
		if g := c.ID.Group() + "/*"; !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return append(groups, checkIDs(all)...)
}

func instruments() []string {
	return []string{conformance.InstrumentEffects, conformance.InstrumentCanaries, conformance.InstrumentKeys}
}

// samplePaths returns the dotted paths of all members that the events have: of
// one event type, or of all if t is empty.
func samplePaths(t rtk.EventType) []string {
	types := rtk.EventTypes()
	if t.Known() {
		types = []rtk.EventType{t}
	}
	seen := map[string]bool{}
	for _, t := range types {
		e, err := payload.Sample(t, payload.Options{Start: time.Unix(0, 0)})
		if err != nil {
			continue
		}
		var body any
		if json.Unmarshal(e.Body, &body) == nil {
			collectPaths("", body, seen)
		}
	}
	var out []string
	for path := range seen {
		out = append(out, path)
	}
	sort.Strings(out)
	return out
}

func collectPaths(prefix string, v any, seen map[string]bool) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	for name, member := range object {
		path := name
		if prefix != "" {
			path = prefix + "." + name
		}
		seen[path] = true
		collectPaths(path, member, seen)
	}
}

// completePaths completes the paths of members, of one event if the command
// line names it.
func completePaths(suffix string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var t rtk.EventType
		if len(args) > 0 {
			t = rtk.EventType(args[0])
		}
		var out []cobra.Completion
		for _, path := range samplePaths(t) {
			out = append(out, path+suffix)
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		if suffix != "" {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return out, directive
	}
}
