package report

import "github.com/rtkmock/rtkmock/conformance"

// Explain returns all there is to say of one verdict of r, in the lines of the
// text format: what was wanted and found, the guide's sentences, what was sent
// and received, why it matters, how to mend it.
func Explain(r *conformance.Report, verdict conformance.Verdict, o Options) (string, error) {
	if r == nil || verdict.Check == nil {
		return "", errEmpty
	}
	one := *r
	one.Verdicts = []conformance.Verdict{verdict}
	v, err := newView(&one, o)
	if err != nil {
		return "", err
	}
	t := &textWriter{view: v, page: page{width: o.width(), color: o.Color}}
	if err := t.full(v.report.Verdicts[0]); err != nil {
		return "", err
	}
	return t.String(), nil
}
