package cli

import (
	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func formFlag(cmd *cobra.Command, dst *[]payload.Form) {
	cmd.Flags().Var(&list[payload.Form]{dst: dst, kind: "NAME", commas: true, parse: parseForm}, "form", "render a form that receivers meet beside the guide's sample, such as client-specific-id; repeatable")
	complete(cmd, "form", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var out []cobra.Completion
		for _, form := range payload.Forms() {
			out = append(out, cobra.CompletionWithDesc(string(form), form.Doc()))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}

func parseEvent(s string) (rtk.EventType, error) {
	t, err := rtk.ParseEventType(s)
	if err == nil {
		return t, nil
	}
	if hint := didYouMean(s, eventNames()); hint != "" {
		return "", &problem{"unknown event " + quote(s) + hint}
	}
	return "", &problem{plain(err)}
}

func parseForm(s string) (payload.Form, error) {
	form, err := payload.ParseForm(s)
	if err == nil {
		return form, nil
	}
	var names []string
	for _, known := range payload.Forms() {
		names = append(names, string(known))
	}
	if hint := didYouMean(s, names); hint != "" {
		return "", &problem{"unknown form " + quote(s) + hint}
	}
	return "", &problem{plain(err)}
}

func parseMutation(s string) (string, error) {
	var ids []string
	for _, m := range mutation.All(mutation.Options{}) {
		if m.ID == s {
			return s, nil
		}
		ids = append(ids, m.ID)
	}
	hint := didYouMean(s, ids)
	if hint == "" {
		hint = ", want " + orList(ids)
	}
	return "", &problem{"unknown mutation " + quote(s) + hint}
}
