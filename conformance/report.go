package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/delivery"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// Verdict is the result of one check. Its JSON form is that of the JSON report,
// where report.Check adds the evidence.
type Verdict struct {
	ID     ID     `json:"id"`
	Title  string `json:"title"`
	Level  Level  `json:"level"`
	Basis  Basis  `json:"basis"`
	Status Status `json:"status"`
	// NotApplicable marks a skip that leaves nothing open: the check has
	// nothing to say about this target.
	NotApplicable bool `json:"not_applicable,omitempty"`
	// Known is the entry of Report.Known that expects the violation. The verdict
	// keeps its status, but does not count against the run.
	Known  *KnownFailing `json:"known,omitempty"`
	Reason string        `json:"reason"` // one sentence; more than one finding is joined by "; "
	// FollowsFrom names the checks whose violations have the same cause, by the evidence.
	// It is empty for a violation with a cause of its own.
	FollowsFrom []Cause  `json:"follows_from,omitempty"`
	From        []string `json:"spec"`
	Doc         string   `json:"doc"`
	Fix         string   `json:"mend"`
	// Diagnosis says why the target refuses every delivery, if the check has found
	// that out.
	Diagnosis *Diagnosis    `json:"diagnosis,omitempty"`
	Took      ledger.Millis `json:"took_ms"`
	// Receipts are what the reason rests on, the most important first; a few only.
	Receipts []mocksender.Receipt `json:"-"`
}

// Verdict returns a verdict on c.
func (c *Check) Verdict(s Status, reason string) Verdict {
	return Verdict{
		ID: c.ID, Title: c.Title, Level: c.Level, Basis: c.Basis, From: c.From, Doc: c.Doc, Fix: c.Fix,
		Status: s, Reason: reason,
	}
}

// MustNotJudged reports a MUST that applies, but was skipped or stayed inconclusive.
func (v Verdict) MustNotJudged() bool {
	return v.Level == Must && !v.NotApplicable && (v.Status == Skip || v.Status == Inconclusive)
}

// FailsRun reports a verdict that makes the run fail, so that no consumer may
// take it for passed. strict is that of the run.
func (v Verdict) FailsRun(strict bool) bool {
	if v.Known != nil {
		return false
	}
	switch v.Status {
	case Pass, Skip, Note:
		return false
	case Warn:
		return strict
	case Inconclusive:
		return v.Level >= Must
	default:
		return true
	}
}

// Outcome is the result of a run.
type Outcome string

const (
	Conformant    Outcome = "conformant"    // no check failed, every selected MUST was judged or is not applicable
	Nonconformant Outcome = "nonconformant" // a MUST or a gate failed, or with Strict a SHOULD
	Undecided     Outcome = "inconclusive"  // nothing failed, but the control or a MUST is inconclusive, or a required instrument was off
	Broken        Outcome = "error"         // the harness itself failed
)

// Report is the account of one run. Its JSON form is that of the JSON report,
// where report.Document adds the verdicts with their evidence.
type Report struct {
	Outcome Outcome `json:"outcome"`
	// Headline says the outcome in one line: "conformant, 2 warnings, 3 MUST not judged".
	Headline string `json:"headline"`
	Complete bool   `json:"complete"`          // false if the run was interrupted or stopped at a gate
	Stopped  string `json:"stopped,omitempty"` // why the run is not complete, in words
	// Gone says that the target does not work any more, and why. Everything was judged
	// before.
	Gone        string        `json:"gone,omitempty"`
	Strict      bool          `json:"strict,omitempty"` // warnings made the outcome nonconformant
	Tool        Tool          `json:"tool"`
	Seed        uint64        `json:"seed,string"` // JavaScript's numbers cannot hold all 64 bits
	Start       time.Time     `json:"start"`       // of the generated meetings
	Began       time.Time     `json:"began"`
	Took        ledger.Millis `json:"took_ms"`
	Waited      ledger.Millis `json:"waited_ms"` // the part of Took spent waiting for effects, recoveries and restarts
	Target      TargetInfo    `json:"target"`
	Assumptions []Assumption  `json:"assumptions"`
	Instruments []Instrument  `json:"instruments"`
	// Required names the instruments that had to be on.
	Required []string `json:"required,omitempty"`
	// Known is the list of known violations, if Expect was given one.
	Known []KnownFailing `json:"known_failing,omitempty"`
	// Shards are the parts of the selection that were judged, by one run or by the
	// merged runs. Empty: all of it.
	Shards []Shard `json:"shards,omitempty"`
	// Interception is how host names of the real service led to the harness. Nil:
	// they did not.
	Interception *Interception `json:"interception,omitempty"`
	// Printed are signs of a defect that the target's process has printed and no answer
	// shows, such as a data race. They change no verdict.
	Printed []string `json:"printed,omitempty"`
	// EffectsHint is how the target could report its effects. Nil: it does, or that
	// would show no more.
	EffectsHint *EffectsHint  `json:"effects_hint,omitempty"`
	Summary     Summary       `json:"summary"`
	Ledger      ledger.Report `json:"ledger"` // of the genuine deliveries
	// Answers are the bodies of answers to accepted deliveries.
	Answers []AcceptedAnswer `json:"accepted_answers,omitempty"`
	// Calls are those of the target to the REST API.
	Calls    []APICall `json:"api_calls,omitempty"`
	Verdicts []Verdict `json:"-"` // in the order of the catalogue
	// SecretHeaders names the header fields with values that must not be shown.
	SecretHeaders []string `json:"-"`
}

// Tool is what wrote a report. It is set where a report is written.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Summary counts verdicts.
type Summary struct {
	Checks        int `json:"checks"`
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Warn          int `json:"warn"`
	Note          int `json:"note"`
	Skip          int `json:"skip"`
	Inconclusive  int `json:"inconclusive"`
	Error         int `json:"error"`
	MustNotJudged int `json:"must_not_judged"`
	Known         int `json:"known,omitempty"`
}

// TargetInfo is what the report says of the target.
type TargetInfo struct {
	URL       string          `json:"url"`     // with userinfo and query values taken out
	KeyURL    string          `json:"key_url"` // where the harness served its key
	Events    []rtk.EventType `json:"events"`  // the subscribed events
	WebhookID string          `json:"webhook_id"`
	MeetingID string          `json:"meeting_id,omitempty"` // set only where the user fixed it
	Embedded  bool            `json:"embedded"`             // the embedded reference receiver
}

// Interception says which requests of the target to host names of the real service
// were answered by the harness.
type Interception struct {
	Way string `json:"way"` // how they were led there: hosts, environment or listener
	Why string `json:"why"` // that way
	// HardCoded says that the target fetched its key by such a name, and never from
	// the URL of the harness. KeyVariable is the environment variable in which it
	// would have found that. KeyHidden says why the target does not see the variable,
	// and what to do; it is empty if nobody knows of a reason.
	HardCoded   bool      `json:"key_url_hard_coded"`
	KeyVariable string    `json:"key_variable,omitempty"`
	KeyHidden   string    `json:"key_hidden,omitempty"`
	Contacts    []Contact `json:"contacts"` // sorted by host
}

// Contact counts what came for a host name. Where no connection brought a request,
// the client trusts certificates of its own alone.
type Contact struct {
	Host        string `json:"host"`
	Connections int    `json:"connections"` // over TLS
	Unasked     int    `json:"unasked"`     // of these, those that ended without a request
	Answered    int    `json:"answered"`    // requests that the harness answered
	Forwarded   int    `json:"forwarded"`   // requests that went on to the real host
	Refused     int    `json:"refused"`     // requests that were not let go there
}

// EffectsHint says how the target could report its effects.
type EffectsHint struct {
	Checks int    `json:"checks"`          // that would see more then
	Stack  string `json:"stack,omitempty"` // what the target is built with; empty: not recognised
	By     string `json:"by,omitempty"`    // what that was recognised by
	// Code are the lines that the target would need. Empty where the stack is not
	// recognised.
	Code []string `json:"code,omitempty"`
	Then string   `json:"then"` // what to do with them, in words
}

// Assumption is a value that the guide leaves open.
type Assumption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Flag  string `json:"flag,omitempty"` // changes it; empty if nothing does
}

// Instrument is a means of seeing what the target did.
type Instrument struct {
	Name   string `json:"name"` // effects, canaries, keys, calls
	On     bool   `json:"on"`
	Detail string `json:"detail"` // what was seen, or why it is off and what would switch it on
}

// Names of the instruments, as Options.Require takes them.
const (
	InstrumentEffects  = "effects"
	InstrumentCanaries = "canaries"
	InstrumentKeys     = "keys"
	// InstrumentCalls exists where the target calls the REST API. It is on if a call
	// changed something that a genuine event names.
	InstrumentCalls = "calls"
	// InstrumentRefusals exists where nothing genuine can be sent. It is on once
	// something was refused as a receiver refuses a signature: a target that is
	// not there refuses nothing.
	InstrumentRefusals = "refusals"
)

// newReport returns a report that says what is judged, and how.
func newReport(o Options) *Report {
	r := &Report{
		Strict: o.Strict,
		Seed:   o.Seed,
		Start:  o.Start.UTC(),
		Began:  time.Now().UTC(),
		Target: TargetInfo{
			URL:       redact.URL(o.Target.URL),
			KeyURL:    o.Endpoints.KeyURL(),
			Events:    o.Target.Events,
			WebhookID: o.WebhookID,
			MeetingID: o.MeetingID,
			Embedded:  o.Target.Embedded,
		},
		Assumptions: []Assumption{
			{"time-out of one attempt", o.Timeout.String(), "--timeout"},
			{"retries", o.Profile.Name + ": " + o.Profile.Doc, "--retry-profile"},
			{"waits between attempts in this run", cmp.Or(joined(o.RetryWaits, ", "), "none"), "--retry-schedule"},
			{"more attempts than that in this run", delivery.MoreAttempts(), ""},
			{"rtk-uuid on a retry", string(cmp.Or(o.Sender.RetryUUID, mocksender.SameUUID)), "--retry-uuid"},
			{"latency budget", o.LatencyBudget.String(), "--latency-budget"},
			{"recovery after an outage of the key endpoint", o.Recovery.String(), "--recovery"},
			{"recovery from one in the end", o.RecoveryEnd.String(), "--recovery-end"},
			{"time until a new key is taken", graceText(o.RotationGrace), "--rotation-grace"},
		},
		SecretHeaders: slices.Sorted(maps.Keys(o.Header)),
	}
	if f := o.Endpoints.API.Fault(); f != rest.NoFault {
		r.Assumptions = append(r.Assumptions, Assumption{"the REST API fails", f.Doc(), "--api-fault"})
	}
	return r
}

func graceText(d time.Duration) string {
	if d == 0 {
		return "none: at once, or on a retry"
	}
	return d.String()
}

// joined writes values one after the other.
func joined[T any](values []T, separator string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, separator)
}
