package flags

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Events adds --events: the events of a subscription.
func Events(cmd *cobra.Command, dst *[]rtk.EventType) {
	CommaList(cmd.Flags(), dst, "events", "EVENT,...", "events that the receiver is subscribed to; without it, all nine", Event)
	Complete(cmd, "events", CompleteList(EventNames))
}

// Event reads the name of an event.
func Event(s string) (rtk.EventType, error) {
	return wording.Find("event", s, rtk.EventTypes(), func(t rtk.EventType) string { return string(t) }, "")
}

// EventNames are the names of all events.
func EventNames() []string { return wording.Words(rtk.EventTypes()) }

// Forms adds --form.
func Forms(cmd *cobra.Command, dst *[]payload.Form) {
	parse := func(s string) (payload.Form, error) {
		return wording.Find("form", s, payload.Forms(), func(f payload.Form) string { return string(f) }, "")
	}
	CommaList(cmd.Flags(), dst, "form", "NAME", "render a form that receivers meet beside the guide's sample, such as client-specific-id; repeatable", parse)
	Complete(cmd, "form", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var out []cobra.Completion
		for _, form := range payload.Forms() {
			out = append(out, cobra.CompletionWithDesc(string(form), form.Doc()))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}

// Path reads the dotted path of a member.
func Path(s string) (string, error) {
	if slices.Contains(strings.Split(s, "."), "") || !utf8.ValidString(s) {
		return "", Found(s, "a dotted path such as meeting.organizedBy.name")
	}
	return s, nil
}

// SamplePaths returns the dotted paths of all members that the events have; without
// any, those of all events.
func SamplePaths(types ...rtk.EventType) []string {
	if len(types) == 0 {
		types = rtk.EventTypes()
	}
	var paths []string
	for _, t := range types {
		e, err := payload.Sample(t, payload.Options{Start: time.Unix(0, 0)})
		var body any
		if err == nil && json.Unmarshal(e.Body, &body) == nil {
			paths = appendPaths(paths, "", body)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func appendPaths(paths []string, prefix string, v any) []string {
	object, _ := v.(map[string]any)
	for name, member := range object {
		paths = appendPaths(append(paths, prefix+name), prefix+name+".", member)
	}
	return paths
}

// CompletePaths completes the paths of members: of one event if the command line
// names it.
func CompletePaths(suffix string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var types []rtk.EventType
		if len(args) > 0 && rtk.EventType(args[0]).Known() {
			types = []rtk.EventType{rtk.EventType(args[0])}
		}
		var out []cobra.Completion
		for _, path := range SamplePaths(types...) {
			out = append(out, path+suffix)
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		if suffix != "" {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return out, directive
	}
}
