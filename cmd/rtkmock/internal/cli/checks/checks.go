// Package checks is "rtkmock checks": what is judged, and why.
package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.Group(&cobra.Command{
		Use:   "checks",
		Short: "List and explain what is judged",
		Long:  "List what \"rtkmock test\" judges, explain one check, or follow the guide's sentences to what covers them.\nWithout a verb of its own it lists.",
		Example: `  rtkmock checks
  rtkmock checks explain sig/raw-bytes
  rtkmock checks trace
  rtkmock checks list --output json`,
	}, listCommand(a), explainCommand(a), traceCommand(a))
}

func listCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "list",
		Short: "List all checks",
		Long: `List all checks in the order in which they are run: id, level, basis and title.

MUST is what the guide demands, SHOULD what it recommends or what follows from it, MAY good
practice; the run goes on only past a gate that passes. The basis says how surely a demand is
known: documented by the guide, inferred from it, or seen in practice.`,
		Example: `  rtkmock checks list
  rtkmock checks list --output json`,
		RunE: func(*cobra.Command, []string) error { return list(a) },
	})
}

// entry is a check in JSON.
type entry struct {
	ID    conformance.ID    `json:"id"`
	Level conformance.Level `json:"level"`
	Basis conformance.Basis `json:"basis"`
	Title string            `json:"title"`
	From  []string          `json:"from"`  // the guide's sentences
	Needs []string          `json:"needs"` // to judge everything
	// Catches are the flawed receivers, as "receive --flaw" takes them, that prove
	// the check.
	Catches []string `json:"catches"`
}

func newEntry(c *conformance.Check) entry {
	catches := []string{}
	for _, f := range receivers.Catching(string(c.ID)) {
		catches = append(catches, f.Name)
	}
	return entry{c.ID, c.Level, c.Basis, c.Title, terminal.List(c.From), terminal.List(c.Needs.Descriptions()), catches}
}

func list(a *app.App) error {
	entries := []entry{}
	rows := [][]string{{"ID", "LEVEL", "BASIS", "TITLE"}}
	for _, c := range checks.All() {
		entries = append(entries, newEntry(c))
		rows = append(rows, []string{string(c.ID), c.Level.String(), string(c.Basis), c.Title})
	}
	return a.Listing(entries, rows)
}

func explainCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "explain ID",
		Short: "Explain one check",
		Long:  "Explain one check: what it demands, the sentences of the guide it rests on, why it matters, and how to fix a receiver that fails it.",
		Example: `  rtkmock checks explain sig/raw-bytes
  rtkmock checks explain rsp/latency --output json`,
		Args: command.Args(1, 1, "no check, want an id such as sig/raw-bytes", "the check"),
		ValidArgsFunction: command.CompleteFirst(func() (out []cobra.Completion) {
			for _, c := range checks.All() {
				out = append(out, cobra.CompletionWithDesc(string(c.ID), c.Level.String()+": "+c.Title))
			}
			return out
		}),
		RunE: func(_ *cobra.Command, args []string) error { return explain(a, args[0]) },
	})
}

func explain(a *app.App, id string) error {
	if r, ok := retirement(checks.Retired(), id); ok {
		return exit.Usagef("checks explain: %s", r)
	}
	c, err := wording.Find("check", id, checks.All(), func(c *conformance.Check) string { return string(c.ID) }, `; "rtkmock checks" lists them`)
	if err != nil {
		return exit.Usagef("checks explain: %w", err)
	}
	e := newExplanation(c)
	return a.Result(e, func() { e.print(a) })
}

// retirement says what happened to a check that existed once.
func retirement(retired []checks.Retirement, id string) (string, bool) {
	i := slices.IndexFunc(retired, func(r checks.Retirement) bool { return string(r.ID) == id })
	if i < 0 {
		return "", false
	}
	r := retired[i]
	text := fmt.Sprintf("%s is retired since %s: %s", r.ID, r.Since, r.Why)
	if r.Instead != "" {
		text += fmt.Sprintf(" See %s", r.Instead)
	}
	return text, true
}

// explanation is a check with all that is known of it, in JSON.
type explanation struct {
	entry
	Guide []quotation `json:"guide"`
	Why   string      `json:"why"`
	Fix   string      `json:"mend"`
}

type quotation struct {
	No    string `json:"no"`
	Quote string `json:"quote"`
}

func newExplanation(c *conformance.Check) explanation {
	e := explanation{entry: newEntry(c), Guide: []quotation{}, Why: c.Doc, Fix: c.Fix}
	for _, no := range c.From {
		if s, ok := conformance.SentenceOf(no); ok {
			e.Guide = append(e.Guide, quotation{s.No, s.Quote})
		}
	}
	return e
}

func (e explanation) print(a *app.App) {
	section := func(heading string, paragraphs ...string) {
		if len(paragraphs) > 0 && paragraphs[0] != "" {
			a.Printf("\n%s\n", a.Paint(terminal.Bold, heading))
			a.Paragraphs(2, paragraphs...)
		}
	}
	a.Printf("%s  %s, %s\n", a.Paint(terminal.Bold, string(e.ID)), e.Level, e.Basis)
	a.Paragraphs(0, e.Title)
	var quotes []string
	for _, q := range e.Guide {
		quotes = append(quotes, q.No+`: "`+q.Quote+`"`)
	}
	section("The guide", quotes...)
	section("Why it matters", strings.Split(e.Why, "\n")...)
	section("How to fix a receiver", strings.Split(e.Fix, "\n")...)
	section("What it needs to judge everything", e.Needs...)
	section("Flawed receivers that it catches (receive --flaw NAME)", strings.Join(e.Catches, ", "))
}
