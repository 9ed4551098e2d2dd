package cli

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func fixturesCommand(a *app) *cobra.Command {
	var f fixtureSelection
	cmd := &cobra.Command{
		Use:   "fixtures",
		Short: "List and show signed requests for your tests, and make more of them",
		Long: `List the signed requests that come with rtkmock, show one, or make any number of others: as
files for tests in any language, or as a corpus that a load generator sends. Without a verb of
its own it lists.`,
		Example: `  rtkmock fixtures
  rtkmock fixtures show meeting.ended/host-ended-meeting
  rtkmock fixtures generate --out corpus --count 1000 --format jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return a.fixturesList(&f) },
	}
	f.add(cmd)
	outputFlag(cmd, &f.output)
	cmd.AddCommand(fixturesListCommand(a), fixturesShowCommand(a), fixturesGenerateCommand(a))
	return cmd
}

// fixtureSelection are the flags that select among fixtures.
type fixtureSelection struct {
	events []rtk.EventType
	cases  []string
	output string
}

func (f *fixtureSelection) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.Var(&list[rtk.EventType]{dst: &f.events, kind: "EVENT", commas: true, parse: parseEvent}, "event", "only events of this type; repeatable")
	fs.Var(&list[string]{dst: &f.cases, kind: "CASE", commas: true, parse: parseCase}, "case", "only this case, such as sample or host-ended-meeting; repeatable")
	complete(cmd, "event", cobra.FixedCompletions(words(eventNames()), cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "case", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(corpus.CaseNames()), cobra.ShellCompDirectiveNoFileComp
	})
}

// guideCase is the case of the guide's samples, of which there are no more.
const guideCase = "guide"

func parseCase(s string) (string, error) {
	known := corpus.CaseNames()
	if slices.Contains(known, s) || s == guideCase {
		return s, nil
	}
	hint := didYouMean(s, known)
	if hint == "" {
		hint = `; "rtkmock fixtures" lists them`
	}
	return "", &problem{"unknown case " + quote(s) + hint}
}

func fixturesListCommand(a *app) *cobra.Command {
	var f fixtureSelection
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the fixtures",
		Long: `List the fixtures: the name, how surely the real service sends it (documented by the guide,
inferred from it, or practice, seen elsewhere), and what it is for.`,
		Example: `  rtkmock fixtures list
  rtkmock fixtures list --event meeting.ended --output json`,
		Args:              noMore(0, `"fixtures list"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.fixturesList(&f) },
	}
	f.add(cmd)
	outputFlag(cmd, &f.output)
	return cmd
}

func (a *app) fixturesList(f *fixtureSelection) error {
	var chosen []fixtures.Fixture
	for _, x := range fixtures.All() {
		if len(f.events) > 0 && !slices.Contains(f.events, rtk.EventType(x.Event)) ||
			len(f.cases) > 0 && !slices.Contains(f.cases, x.Case) {
			continue
		}
		chosen = append(chosen, x)
	}
	if len(chosen) == 0 {
		return &exitError{ExitNothing, &problem{"fixtures: no event of --event has a case of --case"}}
	}
	if f.output == outputJSON {
		return a.printJSON(chosen)
	}
	rows := [][]string{{"NAME", "BASIS", "FOR"}}
	for _, x := range chosen {
		rows = append(rows, []string{x.Name, x.Basis, x.For})
	}
	a.table(rows)
	return nil
}

func fixturesShowCommand(a *app) *cobra.Command {
	var format, url string
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Print a fixture",
		Long: `Print the exact body of a fixture, or with --format the whole signed request. Any other file
of the set is named by its path: index.json, keys/test-only.private.pem, vectors/rsa-sha256.json.

The key that signed them is part of rtkmock's source code: it is for tests only.`,
		Example: `  rtkmock fixtures show meeting.started/sample
  rtkmock fixtures show meeting.ended/guide --format curl --url http://localhost:8080/hook
  rtkmock fixtures show keys/test-only.webhooks.json
  rtkmock fixtures show vectors/rsa-sha256.json > rsa-sha256.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("fixtures show: found no name, want one such as meeting.started/sample")
			}
			return noMore(1, "the name")(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return words(append(fixtureNames(), fixtureFiles()...)), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.fixturesShow(args[0], format, url) },
	}
	formatFlag(cmd, &format, "json")
	urlFlag(cmd, &url)
	return cmd
}

// formatFlag adds --format.
func formatFlag(cmd *cobra.Command, dst *string, def string) {
	var docs []string
	for _, f := range corpus.Formats() {
		docs = append(docs, f.Name+": "+f.Doc)
	}
	choiceFlag(cmd, dst, "format", def, corpus.FormatNames(), "form of a request; "+strings.Join(docs, "; "))
}

// urlFlag adds --url.
func urlFlag(cmd *cobra.Command, dst *string) {
	stringFlag(cmd.Flags(), dst, "url", "URL", "where the requests go; without it, to "+corpus.DefaultURL)
}

func fixtureNames() []string {
	var names []string
	for _, f := range fixtures.All() {
		names = append(names, f.Name)
	}
	return names
}

// fixtureFiles are the files of the set that belong to no single fixture.
func fixtureFiles() []string {
	files := []string{fixtures.IndexPath, "README.md"}
	for _, glob := range []string{"keys/*", "vectors/*"} {
		paths, err := fs.Glob(fixtures.FS(), glob)
		if err != nil {
			continue // unreachable: the patterns are sound
		}
		files = append(files, paths...)
	}
	return files
}

func (a *app) fixturesShow(name, format, url string) error {
	if slices.Contains(fixtureFiles(), name) {
		data, err := fs.ReadFile(fixtures.FS(), name)
		if err != nil {
			return err
		}
		return a.printExact(data)
	}
	f, err := fixtures.Get(name)
	if err != nil {
		names := append(fixtureNames(), fixtureFiles()...)
		hint := didYouMean(name, names)
		if hint == "" {
			hint = `; "rtkmock fixtures" lists them`
		}
		return usagef("fixtures show: unknown fixture %q%s", name, hint)
	}
	r, err := a.fixtureRequest(f, url)
	if err != nil {
		return err
	}
	form, err := corpus.ParseFormat(format)
	if err != nil {
		return err
	}
	data, err := form.Append(nil, r)
	if err != nil {
		return err
	}
	return a.printExact(data)
}

// fixtureRequest returns the request of f, sent to url where that is given.
func (a *app) fixtureRequest(f fixtures.Fixture, url string) (corpus.Request, error) {
	index, err := fixtures.LoadIndex()
	if err != nil {
		return corpus.Request{}, err
	}
	start, err := time.Parse(time.RFC3339, index.Start)
	if err != nil {
		return corpus.Request{}, err
	}
	if url, err = a.corpusURL("fixtures show", url); err != nil {
		return corpus.Request{}, err
	}
	var of corpus.Case // the zero one for the guide's samples
	for _, c := range corpus.Cases() {
		if c.ID() == f.Name {
			of = c
		}
	}
	return corpus.Request{
		N: 1, Event: rtk.EventType(f.Event), Case: f.Case, UUID: f.UUID, Signature: f.Signature, Start: start,
		Record: corpus.NewRecord(url, of, f.UUID, index.WebhookID, f.Signature, f.Body()),
	}, nil
}

// corpusURL checks the URL of --url, which nothing is sent to.
func (a *app) corpusURL(verb, text string) (string, error) {
	if text == "" {
		return corpus.DefaultURL, nil
	}
	u, err := parseTarget(verb, text)
	if err != nil {
		return "", a.bad("url", "%s", strings.TrimPrefix(err.Error(), verb+": the URL: "))
	}
	return u.String(), nil
}

// printExact writes bytes as they are. Only a person at a terminal gets a line
// end after them.
func (a *app) printExact(data []byte) error {
	_, err := a.out.Write(data)
	if err == nil && a.streams.OutIsTTY && len(data) > 0 && data[len(data)-1] != '\n' {
		_, err = fmt.Fprintln(a.out)
	}
	return a.wrote(err)
}
