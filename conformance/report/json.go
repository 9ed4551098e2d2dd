package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// jsonVersion is the version of the JSON report. Members may be added to it;
// one that is there keeps its meaning.
const jsonVersion = 1

// maxJSONBody is how many bytes of a request body the JSON report holds.
const maxJSONBody = 256 << 10

func writeJSON(w io.Writer, r *conformance.Report, o Options) error {
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	doc, err := v.document()
	if err != nil {
		return err
	}
	return emitJSON(w, doc)
}

// emitJSON writes doc in letters that are safe to show.
func emitJSON(w io.Writer, doc any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("report: json: %w", err)
	}
	return emit(w, escapeInvisible(b.String()))
}

// escapeInvisible replaces what is not visible in a JSON text by escapes of
// the same meaning. Control characters below U+0020 are escaped already, and
// everything else beyond ASCII can only stand within strings.
func escapeInvisible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n', visible(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// millis is a duration as the JSON report gives it: milliseconds with three
// decimals.
func millis(d time.Duration) float64 { return float64(d.Round(time.Microsecond).Microseconds()) / 1000 }

func (v *view) document() (*jsonReport, error) {
	r := v.report
	doc := &jsonReport{
		Version:     jsonVersion,
		Outcome:     r.Outcome,
		Headline:    v.redactor.Text(r.Headline),
		Complete:    r.Complete,
		Stopped:     v.redactor.Text(r.Stopped),
		Strict:      r.Strict,
		Tool:        jsonTool{ToolName, v.options.version()},
		Seed:        strconv.FormatUint(r.Seed, 10),
		Start:       moment(r.Start),
		Began:       moment(r.Began),
		TookMS:      millis(r.Took),
		WaitedMS:    millis(r.Waited),
		Target:      v.jsonTarget(),
		Assumptions: v.jsonAssumptions(),
		Instruments: []jsonInstrument{},
		Summary:     summary(r),
		Required:    r.Required,
		Ledger:      accounted(r.Ledger),
		Checks:      []jsonCheck{},
	}
	for _, in := range r.Instruments {
		doc.Instruments = append(doc.Instruments, jsonInstrument{in.Name, in.On, v.redactor.Text(in.Detail)})
	}
	for _, e := range r.Known {
		doc.Known = append(doc.Known, newKnown(e))
	}
	for _, s := range r.Shards {
		doc.Shards = append(doc.Shards, jsonShard{s.N, s.Of, strconv.FormatUint(s.Seed, 10), moment(s.Start)})
	}
	for _, verdict := range r.Verdicts {
		c, err := v.jsonCheck(verdict)
		if err != nil {
			return nil, err
		}
		doc.Checks = append(doc.Checks, c)
	}
	return doc, nil
}

func (v *view) jsonTarget() jsonTarget {
	target := v.report.Target
	out := jsonTarget{
		URL:       v.redactor.Text(redact.URL(target.URL)),
		KeyURL:    v.redactor.Text(redact.URL(target.KeyURL)),
		Events:    []string{},
		WebhookID: target.WebhookID,
		MeetingID: target.MeetingID,
		Embedded:  target.Embedded,
	}
	for _, e := range target.Events {
		out.Events = append(out.Events, string(e))
	}
	return out
}

func (v *view) jsonAssumptions() []jsonAssumption {
	out := []jsonAssumption{}
	for _, a := range v.report.Assumptions {
		out = append(out, jsonAssumption{a.Name, v.redactor.Text(a.Value), a.Flag})
	}
	return out
}

func summary(r *conformance.Report) jsonSummary {
	return jsonSummary{
		Checks: len(r.Verdicts),
		Pass:   r.Count(conformance.Pass), Fail: r.Count(conformance.Fail), Warn: r.Count(conformance.Warn),
		Note: r.Count(conformance.Note), Skip: r.Count(conformance.Skip),
		Inconclusive: r.Count(conformance.Inconclusive), Error: r.Count(conformance.Error),
		MustNotJudged: len(r.NotJudged()), Known: r.KnownViolations(),
	}
}

// accounted is the ledger of a run; that of one which never began is empty.
func accounted(l ledger.Report) ledger.Report {
	if l.ByEvent == nil {
		return ledger.New(ledger.Options{}).Snapshot()
	}
	return l
}

func (v *view) jsonCheck(verdict conformance.Verdict) (jsonCheck, error) {
	c := verdict.Check
	out := jsonCheck{
		ID:            string(c.ID),
		Title:         c.Title,
		Level:         c.Level.String(),
		Basis:         string(c.Basis),
		Status:        verdict.Status,
		NotApplicable: verdict.NotApplicable,
		Reason:        v.redactor.Text(verdict.Reason),
		Spec:          append([]string{}, c.From...),
		Doc:           c.Doc,
		Mend:          c.Fix,
		TookMS:        millis(verdict.Took),
		Evidence:      []jsonEvidence{},
	}
	if verdict.Known != nil {
		known := newKnown(*verdict.Known)
		out.Known = &known
	}
	for _, r := range evidence(verdict) {
		e, err := v.jsonEvidence(r)
		if err != nil {
			return jsonCheck{}, err
		}
		out.Evidence = append(out.Evidence, e)
	}
	return out, nil
}

func newKnown(e conformance.KnownFailing) jsonKnown {
	out := jsonKnown{Pattern: string(e.Pattern), Reason: e.Reason, Where: e.Where, Stale: e.Stale}
	if !e.Expires.IsZero() {
		out.Expires = e.Expires.Format(time.DateOnly)
	}
	return out
}

func (v *view) jsonEvidence(r mocksender.Receipt) (jsonEvidence, error) {
	out := jsonEvidence{
		UUID:      r.Delivery.UUID,
		WebhookID: r.Delivery.WebhookID,
		Event:     string(r.Delivery.Event.Type),
		Mutations: []jsonMutation{},
		URL:       v.redactor.Text(redact.URL(r.URL)),
		Fate:      string(r.Fate),
		Attempts:  []jsonAttempt{},
	}
	for _, m := range r.Delivery.Mutations {
		out.Mutations = append(out.Mutations, jsonMutation{m.ID, m.Doc})
	}
	for _, a := range r.Attempts {
		out.Attempts = append(out.Attempts, v.jsonAttempt(a, r.URL))
	}
	cmd, _, err := v.again(r)
	out.Curl, out.CurlNote = cmd.line(), cmd.note()
	return out, err
}

// jsonAttempt tells of an attempt of a delivery that was sent to address.
func (v *view) jsonAttempt(a mocksender.Attempt, address string) jsonAttempt {
	q, o := a.Request, a.Outcome
	out := jsonAttempt{
		N:      a.N,
		At:     moment(a.At),
		Resent: a.Resent,
		Fault:  a.Fault,
		TookMS: millis(o.Took),
		Request: jsonRequest{
			Method:        q.Method,
			Headers:       v.jsonHeader(q.Header),
			HeadersBase64: v.exactHeader(q.Header),
			Framing:       newFraming(q.Framing),
			jsonBody:      newBody(q.Body[:min(len(q.Body), maxJSONBody)], sizeOf(q), sizeOf(q) > maxJSONBody),
		},
	}
	if q.URL != address {
		out.Request.URL = v.redactor.Text(redact.URL(q.URL))
	}
	if head := string((holder{redactor: v.redactor}).head(q.Head)); utf8.ValidString(head) {
		out.Request.Head = head
	} else {
		out.Request.HeadBase64 = base64.StdEncoding.EncodeToString([]byte(head))
	}
	if a.Fault != "" {
		out.Unreached = !a.Reached
	}
	if a.Target != nil {
		out.TargetStatus, out.TargetClass = a.Target.Status, string(a.Target.Class)
	}
	switch {
	case o.Status != 0:
		body := v.redactor.Body(o.Body)
		out.Response = &jsonResponse{
			Status:        o.Status,
			Headers:       v.jsonHeader(o.Header),
			HeadersBase64: v.exactHeader(o.Header),
			jsonBody:      newBody(body, cmp.Or(o.Size, len(o.Body)), o.Truncated),
		}
	case o.Err != nil:
		out.Error = &jsonError{Class: string(o.Class), Message: v.redactor.Text(o.Err.Error())}
	}
	return out
}
