package main

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

//go:embed page.md.tmpl
var pageTemplate string

// page writes the catalogue.
func page(all []*conformance.Check, retired []checks.Retirement) (string, error) {
	t := template.Must(template.New("page.md").Funcs(template.FuncMap{
		"catching":   func(id conformance.ID) []receivers.Spec { return receivers.Catching(string(id)) },
		"groupTitle": conformance.GroupTitle,
		"join":       strings.Join,
		"link":       link,
		"paragraphs": paragraphs,
		"quote":      quote,
		"text":       text,
	}).Parse(pageTemplate))
	var b strings.Builder
	err := t.Execute(&b, map[string]any{"Checks": all, "Traces": conformance.Traces(all), "Retired": retired})
	return b.String(), err
}

// quote is the guide's sentence of a number.
func quote(no string) (string, error) {
	s, ok := conformance.SentenceOf(no)
	if !ok {
		return "", fmt.Errorf("%s is no sentence of the guide", no)
	}
	return s.Quote, nil
}

// link leads to the heading of a check, by the anchor that GitHub makes of it.
func link(id conformance.ID) string {
	anchor := strings.NewReplacer("/", "", ".", "").Replace(strings.ToLower(string(id)))
	return fmt.Sprintf("[%s](#%s)", id, anchor)
}

// text escapes what Markdown would take for its own.
func text(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", `\<`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`).Replace(s)
}

func paragraphs(s string) string { return strings.ReplaceAll(text(s), "\n", "\n\n") }
