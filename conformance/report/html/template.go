package html

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

//go:embed *.html
var templateFiles embed.FS

// templates are parsed when the first page is written: no command should start
// later for a report that it may never write. They escape everything that is not
// typed template.HTML or template.URL, for the place where it stands. Their
// functions escape what is not visible.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"line":     words(printable.Line),
		"name":     words(printable.Name),
		"text":     words(printable.Text),
		"bounded":  words(printable.Bounded),
		"count":    printable.Count,
		"duration": func(m ledger.Millis) string { return printable.Duration(time.Duration(m)) },
		"detail":   report.InstrumentDetail,
		"event":    report.EventName,
		"types":    report.EventTypes,
		"fates":    report.Fates,
		"mark":     func(e ledger.Entry) string { return newFate(e.Fate, e.Tries).Mark },
		"fate":     func(e ledger.Entry) string { return newFate(e.Fate, e.Tries).Words },
		"answers":  answers,
	}).ParseFS(templateFiles, "*.html"))
})

// words makes f take any kind of string.
func words(f func(string) string) func(any) string {
	return func(v any) string { return f(fmt.Sprint(v)) }
}

func execute(name string, data any) (string, error) {
	var b strings.Builder
	err := templates().ExecuteTemplate(&b, name, data)
	return b.String(), err
}
