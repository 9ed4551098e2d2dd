package main

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

const head = `<!-- Written by "go generate ./..." from the checks themselves; edit those. -->

# The checks

What ` + "`rtkmock test`" + ` judges, in the order of a run. An id never changes its meaning.

A **MUST** rests on a sentence of the guide that binds receivers, or on a value that it documents; a violation is a
failure. A **SHOULD** is what the guide recommends, or what follows from two of its sentences or from an HTTP or JSON
standard; a violation is a warning. A **MAY** is good practice; a violation is a note. Everything else rests on the
**gates**. A sentence is quoted under its number, which is this project's. *Catches* names receivers of the package
` + "`conformance/receivers`" + ` that each have one flaw; they test the check. ` + "`rtkmock receive --flaw NAME`" + ` serves one.

`

// page writes the catalogue.
func page(all []*conformance.Check, retired []checks.Retirement) string {
	var b strings.Builder
	b.WriteString(head)
	contents(&b, all)
	group := ""
	for _, c := range all {
		if g := c.ID.Group(); g != group {
			group = g
			fmt.Fprintf(&b, "## %s: %s\n\n", g, conformance.GroupTitle(g))
		}
		one(&b, c)
	}
	traces(&b, conformance.Traces(all))
	gone(&b, retired)
	return b.String()
}

// contents is a table of all checks that fits on one screen a group.
func contents(b *strings.Builder, all []*conformance.Check) {
	b.WriteString("| check | level | basis | what a good receiver does |\n| --- | --- | --- | --- |\n")
	for _, c := range all {
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s | %s |\n", c.ID, anchor(c.ID), c.Level, c.Basis, text(c.Title))
	}
	b.WriteString("\n")
}

// one writes all that is known of a check.
func one(b *strings.Builder, c *conformance.Check) {
	fmt.Fprintf(b, "### %s\n\n**%s**, %s: %s.\n\n", c.ID, c.Level, c.Basis, text(c.Title))
	var quotes []string
	for _, no := range c.From {
		if s, ok := conformance.SentenceOf(no); ok {
			quotes = append(quotes, fmt.Sprintf("> %s: “%s”\n", s.No, text(s.Quote)))
		}
	}
	if len(quotes) > 0 {
		fmt.Fprintln(b, strings.Join(quotes, ">\n"))
	}
	fmt.Fprintf(b, "%s\n\n", paragraphs(c.Doc))
	fmt.Fprintf(b, "*How to fix:* %s\n\n", paragraphs(c.Fix))
	if needs := c.Needs.Descriptions(); len(needs) > 0 {
		fmt.Fprintf(b, "*Needs, to judge everything:* %s.\n\n", strings.Join(needs, "; "))
	}
	var caught []string
	for _, f := range receivers.Catching(string(c.ID)) {
		caught = append(caught, "`"+f.Name+"`")
	}
	fmt.Fprintf(b, "*Catches:* %s.\n\n", strings.Join(caught, ", "))
}

// traces writes what each sentence of the guide is covered by.
func traces(b *strings.Builder, all []conformance.Trace) {
	b.WriteString("## From the guide to checks and tests\n\n" +
		"What binds receivers is covered by checks, what binds the sender by tests of this project\n(`rtkmock checks trace`).\n\n" +
		"| | sentence | binds | checks | tests of the sender |\n| --- | --- | --- | --- | --- |\n")
	for _, t := range all {
		var ids, tests []string
		for _, c := range t.Checks {
			ids = append(ids, fmt.Sprintf("[%s](#%s)", c.ID, anchor(c.ID)))
		}
		for _, p := range t.Proofs {
			tests = append(tests, fmt.Sprintf("`%s.%s`", p.Package, p.Test))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", t.Sentence.No, text(t.Sentence.Quote), t.Sentence.Binds,
			strings.Join(ids, ", "), strings.Join(tests, ", "))
	}
	b.WriteString("\n")
}

func gone(b *strings.Builder, retired []checks.Retirement) {
	b.WriteString("## Retired\n\n")
	if len(retired) == 0 {
		b.WriteString("None.\n")
		return
	}
	b.WriteString("| check | since | why | instead |\n| --- | --- | --- | --- |\n")
	for _, r := range retired {
		instead := "nothing"
		if r.Instead != "" {
			instead = fmt.Sprintf("[%s](#%s)", r.Instead, anchor(r.Instead))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", r.ID, r.Since, text(r.Why), instead)
	}
}

// anchor is what GitHub makes of a heading.
func anchor(id conformance.ID) string {
	return strings.NewReplacer("/", "", ".", "").Replace(strings.ToLower(string(id)))
}

// text escapes what Markdown would take for its own.
func text(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", `\<`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`).Replace(s)
}

func paragraphs(s string) string { return strings.ReplaceAll(text(s), "\n", "\n\n") }
