package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

func checksCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "checks",
		Short: "List and explain what is judged",
		Long:  "List what \"rtkmock test\" judges, explain one check, or follow the guide's sentences to what covers them.\nWithout a verb of its own it lists.",
		Example: `  rtkmock checks
  rtkmock checks explain sig/raw-bytes
  rtkmock checks trace
  rtkmock checks list --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return a.checksList(output) },
	}
	outputFlag(cmd, &output)
	cmd.AddCommand(checksListCommand(a), checksExplainCommand(a), checksTraceCommand(a))
	return cmd
}

func checksListCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all checks",
		Long: `List all checks in the order in which they are run: id, level, basis and title.

MUST is what the guide demands, SHOULD what it recommends or what follows from it, MAY good
practice; the run goes on only past a gate that holds. The basis says how surely a demand is
known: documented by the guide, inferred from it, or seen in practice.`,
		Example: `  rtkmock checks list
  rtkmock checks list --output json`,
		Args:              noMore(0, `"checks list"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.checksList(output) },
	}
	outputFlag(cmd, &output)
	return cmd
}

// checkEntry is a check in JSON.
type checkEntry struct {
	ID    conformance.ID    `json:"id"`
	Level conformance.Level `json:"level"`
	Basis conformance.Basis `json:"basis"`
	Title string            `json:"title"`
	From  []string          `json:"from"`  // the guide's sentences
	Needs []string          `json:"needs"` // to judge everything
	// Catches are the flawed receivers, as "receive --flaw" takes them, by
	// which the check is tested.
	Catches []string `json:"catches"`
}

func entryOf(c *conformance.Check) checkEntry {
	catches := []string{}
	for _, f := range receivers.Catching(string(c.ID)) {
		catches = append(catches, f.Name)
	}
	return checkEntry{c.ID, c.Level, c.Basis, c.Title, notNil(c.From), notNil(c.Needs.Descriptions()), catches}
}

func (a *app) checksList(output string) error {
	if output == outputJSON {
		entries := []checkEntry{}
		for _, c := range checks.All() {
			entries = append(entries, entryOf(c))
		}
		return a.printJSON(entries)
	}
	rows := [][]string{{"ID", "LEVEL", "BASIS", "TITLE"}}
	for _, c := range checks.All() {
		rows = append(rows, []string{string(c.ID), c.Level.String(), string(c.Basis), c.Title})
	}
	a.table(rows)
	return nil
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func checksExplainCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain one check",
		Long:  "Explain one check: what it demands, the sentences of the guide it rests on, why it matters, and how to mend a receiver that falls short.",
		Example: `  rtkmock checks explain sig/raw-bytes
  rtkmock checks explain rsp/latency --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("checks explain: found no check, want an id such as sig/raw-bytes")
			}
			return noMore(1, "the check")(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeChecks(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.checksExplain(args[0], output) },
	}
	outputFlag(cmd, &output)
	return cmd
}

func completeChecks() []cobra.Completion {
	var out []cobra.Completion
	for _, c := range checks.All() {
		out = append(out, cobra.CompletionWithDesc(string(c.ID), c.Level.String()+": "+c.Title))
	}
	return out
}

func checkIDs(all []*conformance.Check) []string {
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = string(c.ID)
	}
	return ids
}

func (a *app) checksExplain(id, output string) error {
	all := checks.All()
	var check *conformance.Check
	for _, c := range all {
		if string(c.ID) == id {
			check = c
		}
	}
	if check == nil {
		if r, ok := retirementOf(checks.Retired(), id); ok {
			return usagef("checks explain: %s", r)
		}
		hint := didYouMean(id, checkIDs(all))
		if hint == "" {
			hint = `; "rtkmock checks" lists them`
		}
		return usagef("checks explain: unknown check %q%s", id, hint)
	}
	if output == outputJSON {
		return a.printJSON(explained(check))
	}
	a.explain(check)
	return nil
}

// explanation is a check with all that is known of it, in JSON.
type explanation struct {
	checkEntry
	Guide []quotation `json:"guide"`
	Why   string      `json:"why"`
	Mend  string      `json:"mend"`
}

type quotation struct {
	No    string `json:"no"`
	Quote string `json:"quote"`
}

func explained(c *conformance.Check) explanation {
	e := explanation{
		checkEntry: entryOf(c),
		Guide:      []quotation{},
		Why:        c.Doc,
		Mend:       c.Fix,
	}
	for _, no := range c.From {
		if s, ok := conformance.SentenceOf(no); ok {
			e.Guide = append(e.Guide, quotation{s.No, s.Quote})
		}
	}
	return e
}

func (a *app) explain(c *conformance.Check) {
	e := explained(c)
	on := a.colored(a.streams.OutIsTTY)
	width := min(a.width(helpWidth), 100)
	section := func(heading string, paragraphs ...string) {
		if len(paragraphs) == 0 || paragraphs[0] == "" {
			return
		}
		a.printf("\n%s\n", paint(on, bold, heading))
		for _, p := range paragraphs {
			a.printf("  %s\n", strings.Join(wrap(p, max(width-2, 20)), "\n  "))
		}
	}
	a.printf("%s  %s, %s\n", paint(on, bold, string(e.ID)), e.Level, e.Basis)
	a.printf("%s\n", strings.Join(wrap(e.Title, width), "\n"))
	var quotes []string
	for _, q := range e.Guide {
		quotes = append(quotes, q.No+`: "`+q.Quote+`"`)
	}
	section("The guide", quotes...)
	section("Why it matters", strings.Split(e.Why, "\n")...)
	section("How to mend a receiver", strings.Split(e.Mend, "\n")...)
	section("What it needs to judge everything", e.Needs...)
	section("Flawed receivers that it catches (receive --flaw NAME)", strings.Join(e.Catches, ", "))
}
