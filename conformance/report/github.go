package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
)

// Bounds of the GitHub format. GitHub shows the first ten annotations of each
// kind that a step makes, and drops the others without a word.
const (
	maxAnnotations    = 10
	maxAnnotationText = 1200 // characters, before escaping
)

// annotation is one workflow command.
type annotation struct {
	kind           string // error, warning, notice
	title, message string // one line; any number of lines
}

// writeGitHub writes workflow commands of GitHub Actions, which make
// annotations of the run: first the outcome, then what fell short, the worst
// first. Of each kind there are ten at most; the last counts those left out.
//
//	fail, error          error
//	inconclusive         error for a gate or a MUST, else warning
//	warn                 warning; error with Report.Strict
//	note                 notice
//	skip                 one notice that names the MUSTs not judged
//	pass                 none
//
// What was known to fall short is a notice, and a stale entry of the list of
// such is an error.
func writeGitHub(w io.Writer, r *conformance.Report, o Options) error {
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	all := []annotation{v.outcomeAnnotation()}
	for _, line := range v.stale() {
		all = append(all, annotation{"error", "known shortfall that is none any more", cut(line, maxAnnotationText)})
	}
	for _, verdict := range v.worstFirst() {
		if kind := annotationKind(verdict, r.Strict); kind != "" {
			all = append(all, v.annotation(kind, verdict))
		}
	}
	if open := r.NotJudged(); len(open) > 0 {
		all = append(all, v.openAnnotation(open))
	}
	var b strings.Builder
	for _, kind := range []string{"error", "warning", "notice"} {
		for _, a := range bounded(kind, all) {
			fmt.Fprintf(&b, "::%s title=%s::%s\n", a.kind, escapeProperty(a.title), escapeCommand(a.message))
		}
	}
	return emit(w, b.String())
}

func annotationKind(v conformance.Verdict, strict bool) string {
	switch v.Status {
	case conformance.Pass, conformance.Skip:
		return ""
	}
	if v.Known != nil {
		return "notice"
	}
	switch v.Status {
	case conformance.Note:
		return "notice"
	case conformance.Warn:
		if strict {
			return "error"
		}
		return "warning"
	case conformance.Inconclusive:
		if v.Check.Level < conformance.Must {
			return "warning"
		}
		return "error"
	default:
		return "error"
	}
}

func (v *view) annotation(kind string, verdict conformance.Verdict) annotation {
	c := verdict.Check
	lines := []string{v.reason(verdict)}
	if known := v.known(verdict); known != "" {
		lines = append(lines, "Known: "+known)
	}
	if verdict.Status == conformance.Fail || verdict.Status == conformance.Warn {
		lines = append(lines, quotes(c)...)
		if c.Fix != "" {
			lines = append(lines, "Mend: "+v.tell(c.Fix))
		}
	}
	return annotation{
		kind:    kind,
		title:   fmt.Sprintf("%s %s (%s)", status(verdict), name(string(c.ID)), clean(weight(c))),
		message: cut(strings.Join(lines, "\n"), maxAnnotationText),
	}
}

func (v *view) outcomeAnnotation() annotation {
	kind := "error"
	if v.report.Outcome == conformance.Conformant {
		kind = "notice"
	}
	message := v.head()
	if l := v.report.Ledger; l.Emitted > 0 {
		message += fmt.Sprintf("\nOf %d genuine deliveries: %s.", l.Emitted, accountLine(l.Account))
	}
	return annotation{kind, ToolName, cut(message, maxAnnotationText)}
}

func (v *view) openAnnotation(open []conformance.Verdict) annotation {
	lines := make([]string, len(open))
	for i, verdict := range open {
		lines[i] = name(string(verdict.Check.ID)) + ": " + v.reason(verdict)
	}
	return annotation{"notice", fmt.Sprintf("%d MUST not judged", len(open)), cut(strings.Join(lines, "\n"), maxAnnotationText)}
}

// bounded returns the annotations of one kind, as many as GitHub shows. The
// message of the last one counts those that are left out.
func bounded(kind string, all []annotation) []annotation {
	var out []annotation
	left := 0
	for _, a := range all {
		switch {
		case a.kind != kind:
		case len(out) < maxAnnotations:
			out = append(out, a)
		default:
			left++
		}
	}
	if left > 0 {
		last := &out[len(out)-1]
		last.message += fmt.Sprintf("\nand %d more, which the other formats tell of", left)
	}
	return out
}

// escapeCommand makes s the message of a workflow command.
func escapeCommand(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty makes s the value of a property of a workflow command.
func escapeProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeCommand(s))
}
