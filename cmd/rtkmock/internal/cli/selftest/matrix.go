package selftest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// matrix is the outcome of a selftest, in JSON.
type matrix struct {
	Version   int          `json:"version"`
	OK        bool         `json:"ok"`
	Tool      app.Build    `json:"tool"`
	Seed      uint64       `json:"seed"`
	Receivers []matrixRow  `json:"receivers"` // what is wrong first
	Checks    []matrixLine `json:"checks"`
}

// matrixRow is a receiver.
type matrixRow struct {
	Name    string              `json:"name"`
	Kind    receivers.Kind      `json:"kind"`
	Doc     string              `json:"doc"`
	OK      bool                `json:"ok"`
	Wrong   []string            `json:"wrong"` // what the checks got wrong about it
	Outcome conformance.Outcome `json:"outcome"`
	Kills   []string            `json:"kills"` // the checks that have to catch it
	Also    []string            `json:"also"`  // those that may fail with them
	Failed  []string            `json:"fell"`  // those that did
	TookMS  int64               `json:"took_ms"`

	verdicts []conformance.Verdict // of the checks that are wrong
}

// matrixLine is a check, with the flawed receivers of this run that it caught.
type matrixLine struct {
	ID     conformance.ID    `json:"id"`
	Level  conformance.Level `json:"level"`
	Caught []string          `json:"caught"`
}

func newMatrix(results []*selftest.Result, seed uint64) matrix {
	m := matrix{Version: 1, OK: true, Tool: app.ReadBuild(), Seed: seed}
	caught := map[string][]string{}
	for _, r := range results {
		s := r.Subject
		m.OK = m.OK && r.OK()
		m.Receivers = append(m.Receivers, matrixRow{
			Name: s.Name, Kind: s.Kind, Doc: s.Doc, OK: r.OK(), Wrong: terminal.List(r.Wrong), Outcome: r.Outcome,
			Kills: terminal.List(s.CaughtBy), Also: terminal.List(s.MayReport), Failed: r.Reported, TookMS: r.Took.Milliseconds(), verdicts: r.WrongVerdicts(),
		})
		if s.Kind == receivers.KindFlawed {
			for _, id := range r.Reported {
				caught[id] = append(caught[id], s.Name)
			}
		}
	}
	slices.SortStableFunc(m.Receivers, func(a, b matrixRow) int { return len(b.Wrong) - len(a.Wrong) })
	for _, c := range checks.All() {
		m.Checks = append(m.Checks, matrixLine{c.ID, c.Level, terminal.List(caught[string(c.ID)])})
	}
	return m
}

// shownIDs is how many checks of one receiver are named.
const shownIDs = 3

func (m matrix) print(t *terminal.Terminal, verbose bool) {
	for _, row := range m.Receivers {
		if row.OK {
			break
		}
		t.Printf("%s\n", t.Paint(terminal.Red, fmt.Sprintf("WRONG about %s (%s)", row.Name, row.Kind)))
		t.Wrapped("  what it does: ", 4, row.Doc)
		for _, wrong := range row.Wrong {
			t.Wrapped("  ", 4, wrong)
		}
		for _, v := range row.verdicts {
			t.Wrapped("  ", 4, fmt.Sprintf("%s %s: %s", v.Status, v.ID, cmp.Or(v.Reason, "no reason given")))
		}
		t.Printf("\n")
	}
	rows := [][]string{{"RECEIVER", "KIND", "FAILS"}}
	for _, row := range m.Receivers {
		text := row.fails(verbose)
		if verbose {
			text = strings.TrimSpace(text + " (" + strings.TrimSuffix(row.Doc, ".") + ")")
		}
		rows = append(rows, []string{row.Name, string(row.Kind), text})
	}
	t.Table(rows)
	color := terminal.Green
	if !m.OK {
		color = terminal.Red
	}
	t.Printf("\n%s\n", t.Paint(color, m.headline()))
}

// fails lists the checks that the receiver fails.
func (row matrixRow) fails(verbose bool) string {
	// The checks that have to catch it say more than those that fail with them.
	ids := slices.Clone(row.Failed)
	slices.SortStableFunc(ids, func(a, b string) int {
		return min(slices.Index(row.Kills, b), 0) - min(slices.Index(row.Kills, a), 0)
	})
	switch {
	case len(ids) == 0:
		return "nothing"
	case verbose || len(ids) <= shownIDs+1:
		return strings.Join(ids, ", ")
	default:
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:shownIDs], ", "), len(ids)-shownIDs)
	}
}

func (m matrix) headline() string {
	have := map[receivers.Kind]int{}
	var wrong []string
	for _, row := range m.Receivers {
		if have[row.Kind]++; !row.OK {
			wrong = append(wrong, row.Name)
		}
	}
	if len(wrong) > 0 {
		return fmt.Sprintf("the checks are wrong about %d of %s: %s", len(wrong), terminal.Count(len(m.Receivers), "receiver", "receivers"), strings.Join(wrong, ", "))
	}
	catching := 0
	for _, line := range m.Checks {
		if len(line.Caught) > 0 {
			catching++
		}
	}
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{have[receivers.KindFlawed], "flawed receiver was caught", "flawed receivers were caught"},
		{have[receivers.KindReference] + have[receivers.KindTwin], "good one passed", "good ones passed"},
		{have[receivers.KindDegenerate], "degenerate one did not pass", "degenerate ones did not pass"},
	} {
		switch p.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+p.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.many))
		}
	}
	text := "all as it has to be: " + strings.Join(parts, ", ")
	if have[receivers.KindFlawed] > 0 {
		text += fmt.Sprintf("; %d of %s caught something", catching, terminal.Count(len(m.Checks), "check", "checks"))
	}
	return text
}
