package report

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// MaxReport is the longest JSON report, in bytes, that Read takes. A run whose
// checks all have the most evidence writes a tenth of it.
const MaxReport = 256 << 20

// Saved is a report that was read back.
type Saved struct {
	// Report is the account of the run, without its secrets. Every format
	// written from it is what the run itself wrote. Its checks have no Run, and
	// cannot be run.
	Report *conformance.Report
	// Version is the version of the tool that wrote it.
	Version string
}

// ErrRead is wrapped by the errors of Read about what was read.
var ErrRead = errors.New("report: not a JSON report of a run")

// Read reads what the JSON format writes. What is no such report, of the
// version that this package writes, is refused with an error that matches
// ErrRead and says where it differs; what can be read but not understood never
// gives half a report.
func Read(r io.Reader) (*Saved, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxReport+1))
	if err != nil {
		return nil, fmt.Errorf("report: read: %w", err)
	}
	if len(data) > MaxReport {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrRead, MaxReport)
	}
	var kind struct{ Version json.RawMessage }
	if json.Unmarshal(data, &kind) == nil && kind.Version != nil && string(kind.Version) != strconv.Itoa(jsonVersion) {
		return nil, fmt.Errorf("%w: found version %s, want %d", ErrRead, cut(clean(string(kind.Version)), maxName), jsonVersion)
	}
	if err := schemas.Validate("report", schemas.Open, data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRead, misfit(err))
	}
	var doc jsonReport
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrRead, clean(err.Error()))
	}
	report, err := doc.report()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrRead, clean(err.Error()))
	}
	return &Saved{report, doc.Tool.Version}, nil
}

// misfit is an error of the schema without its name, which says nothing here.
func misfit(err error) error {
	var invalid *schemas.Error
	if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
		return err
	}
	more := ""
	if n := len(invalid.Problems) - 1 + invalid.Omitted; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return errors.New(clean(invalid.Problems[0].String()) + more)
}

// report returns the report that doc holds.
func (doc *jsonReport) report() (*conformance.Report, error) {
	seed, err := strconv.ParseUint(doc.Seed, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("$.seed: found %q, want a number of 64 bits", doc.Seed)
	}
	var d decoder
	out := &conformance.Report{
		Outcome: doc.Outcome, Complete: doc.Complete, Stopped: doc.Stopped, Headline: doc.Headline,
		Strict: doc.Strict, Seed: seed, Start: d.instant(doc.Start), Began: d.instant(doc.Began),
		Took: duration(doc.TookMS), Waited: duration(doc.WaitedMS),
		Target: conformance.TargetInfo{
			URL: doc.Target.URL, KeyURL: doc.Target.KeyURL,
			WebhookID: doc.Target.WebhookID, MeetingID: doc.Target.MeetingID, Embedded: doc.Target.Embedded,
		},
		Ledger: doc.Ledger,
	}
	for _, e := range doc.Target.Events {
		out.Target.Events = append(out.Target.Events, rtk.EventType(e))
	}
	for _, a := range doc.Assumptions {
		out.Assumptions = append(out.Assumptions, conformance.Assumption(a))
	}
	for _, in := range doc.Instruments {
		out.Instruments = append(out.Instruments, conformance.Instrument(in))
	}
	out.Required = append(out.Required, doc.Required...)
	for _, e := range doc.Known {
		out.Known = append(out.Known, d.known(e))
	}
	for _, s := range doc.Shards {
		seed, err := strconv.ParseUint(s.Seed, 10, 64)
		d.keep(err)
		out.Shards = append(out.Shards, conformance.Shard{N: s.N, Of: s.Of, Seed: seed, Start: d.instant(s.Start)})
	}
	out.Verdicts = make([]conformance.Verdict, len(doc.Checks))
	for i, c := range doc.Checks {
		out.Verdicts[i] = d.verdict(c)
	}
	return out, d.err
}

// decoder takes the parts of a report apart. The schema has been seen to, so
// there is little left to be wrong; the first of it is kept.
type decoder struct{ err error }

func (d *decoder) keep(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	d.keep(err)
	return t.UTC()
}

// duration is the inverse of millis.
func duration(ms float64) time.Duration {
	return time.Duration(math.Round(min(ms, math.MaxInt64/2e6)*1000)) * time.Microsecond
}

func (d *decoder) base64(s string) []byte {
	out, err := base64.StdEncoding.DecodeString(s)
	d.keep(err)
	return out
}

func (d *decoder) verdict(c jsonCheck) conformance.Verdict {
	level, err := conformance.ParseLevel(c.Level)
	d.keep(err)
	out := conformance.Verdict{
		Check: &conformance.Check{
			ID: conformance.ID(c.ID), Title: c.Title, Level: level, Basis: conformance.Basis(c.Basis), Doc: c.Doc, Fix: c.Mend,
		},
		Status: c.Status, Reason: c.Reason, Took: duration(c.TookMS), NotApplicable: c.NotApplicable,
	}
	out.Check.From = append(out.Check.From, c.Spec...)
	if c.Known != nil {
		known := d.known(*c.Known)
		out.Known = &known
	}
	for _, e := range c.Evidence {
		out.Evidence = append(out.Evidence, d.receipt(e))
	}
	return out
}

func (d *decoder) known(e jsonKnown) conformance.KnownFailing {
	out := conformance.KnownFailing{Pattern: conformance.Pattern(e.Pattern), Reason: e.Reason, Where: e.Where, Stale: e.Stale}
	if e.Expires != "" {
		day, err := time.Parse(time.DateOnly, e.Expires)
		d.keep(err)
		out.Expires = day
	}
	return out
}

func (d *decoder) receipt(e jsonEvidence) mocksender.Receipt {
	out := mocksender.Receipt{
		URL: e.URL,
		Delivery: mocksender.Delivery{
			UUID: e.UUID, WebhookID: e.WebhookID, Event: rtk.Event{Type: rtk.EventType(e.Event)},
		},
		Fate: mocksender.Fate(e.Fate),
	}
	for _, m := range e.Mutations {
		out.Delivery.Mutations = append(out.Delivery.Mutations, mutation.Mutation{ID: m.ID, Doc: m.Doc})
	}
	for _, a := range e.Attempts {
		out.Attempts = append(out.Attempts, d.attempt(a, e.URL))
	}
	return out
}

func (d *decoder) attempt(a jsonAttempt, address string) mocksender.Attempt {
	out := mocksender.Attempt{
		N: a.N, At: d.instant(a.At), Reached: !a.Unreached, Fault: a.Fault, Resent: a.Resent,
		Request: d.request(a.Request, address),
		Outcome: mocksender.Outcome{Took: duration(a.TookMS)},
	}
	if a.TargetStatus != 0 || a.TargetClass != "" {
		out.Target = &mocksender.Outcome{Status: a.TargetStatus, Class: mocksender.Class(a.TargetClass)}
	}
	switch o := &out.Outcome; {
	case a.Response != nil:
		r := a.Response
		o.Status, o.Truncated = r.Status, r.Truncated
		o.Header = d.header(r.Headers, r.HeadersBase64)
		o.Body, o.Size = d.body(r.jsonBody)
	case a.Error != nil:
		o.Class, o.Err = mocksender.Class(a.Error.Class), errors.New(a.Error.Message)
	}
	return out
}

func (d *decoder) request(q jsonRequest, address string) mocksender.Request {
	out := mocksender.Request{Method: q.Method, URL: q.URL, Header: d.header(q.Headers, q.HeadersBase64)}
	if out.URL == "" {
		out.URL = address
	}
	switch {
	case q.Head != "":
		out.Head = []byte(q.Head)
	case q.HeadBase64 != "":
		out.Head = d.base64(q.HeadBase64)
	}
	out.Body, out.Size = d.body(q.jsonBody)
	if f := q.Framing; f != nil {
		out.Framing = mutation.Framing{
			Chunked: f.Chunked, ExpectContinue: f.ExpectContinue, Pieces: f.Pieces,
			Pause: duration(f.PauseMS), CutAt: f.CutAt, FreshConnection: f.FreshConnection,
		}
	}
	return out
}

func (d *decoder) header(fields, exact map[string][]string) http.Header {
	out := http.Header{}
	if exact == nil {
		for name, values := range fields {
			out[name] = values
		}
		return out
	}
	for name, values := range exact {
		name := string(d.base64(name))
		for _, value := range values {
			out[name] = append(out[name], string(d.base64(value)))
		}
	}
	return out
}

// body returns a body, and its length where the bytes are not all of it.
func (d *decoder) body(b jsonBody) (body []byte, size int) {
	switch {
	case b.Body != nil:
		body = []byte(*b.Body)
	case b.BodyBase64 != nil:
		body = d.base64(*b.BodyBase64)
	}
	if len(body) == 0 {
		return nil, 0
	}
	if b.Bytes != len(body) {
		size = b.Bytes
	}
	return body, size
}
