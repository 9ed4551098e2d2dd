package report

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// The JSON report, member by member in the order in which they are written.
// What each means is described in the schema report.

type jsonReport struct {
	Version     int                 `json:"version"`
	Outcome     conformance.Outcome `json:"outcome"`
	Headline    string              `json:"headline"`
	Complete    bool                `json:"complete"`
	Stopped     string              `json:"stopped,omitempty"`
	Strict      bool                `json:"strict,omitempty"`
	Tool        jsonTool            `json:"tool"`
	Seed        string              `json:"seed"` // JavaScript's numbers cannot hold all 64 bits
	Start       string              `json:"start"`
	Began       string              `json:"began"`
	TookMS      float64             `json:"took_ms"`
	WaitedMS    float64             `json:"waited_ms"`
	Target      jsonTarget          `json:"target"`
	Assumptions []jsonAssumption    `json:"assumptions"`
	Instruments []jsonInstrument    `json:"instruments"`
	Required    []string            `json:"required,omitempty"`
	Known       []jsonKnown         `json:"known_failing,omitempty"`
	Shards      []jsonShard         `json:"shards,omitempty"`
	Summary     jsonSummary         `json:"summary"`
	Ledger      ledger.Report       `json:"ledger"`
	Checks      []jsonCheck         `json:"checks"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonTarget struct {
	URL       string   `json:"url"`
	KeyURL    string   `json:"key_url"`
	Events    []string `json:"events"`
	WebhookID string   `json:"webhook_id"`
	MeetingID string   `json:"meeting_id,omitempty"`
	Embedded  bool     `json:"embedded"`
}

type jsonAssumption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Flag  string `json:"flag,omitempty"`
}

type jsonInstrument struct {
	Name   string `json:"name"`
	On     bool   `json:"on"`
	Detail string `json:"detail"`
}

type jsonSummary struct {
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

type jsonKnown struct {
	Pattern string `json:"pattern"`
	Reason  string `json:"reason"`
	Expires string `json:"expires,omitempty"`
	Where   string `json:"where"`
	Stale   string `json:"stale,omitempty"`
}

type jsonShard struct {
	N     int    `json:"n"`
	Of    int    `json:"of"`
	Seed  string `json:"seed"`
	Start string `json:"start"`
}

type jsonCheck struct {
	ID            string             `json:"id"`
	Title         string             `json:"title"`
	Level         string             `json:"level"`
	Basis         string             `json:"basis"`
	Status        conformance.Status `json:"status"`
	NotApplicable bool               `json:"not_applicable,omitempty"`
	Known         *jsonKnown         `json:"known,omitempty"`
	Reason        string             `json:"reason"`
	Spec          []string           `json:"spec"`
	Doc           string             `json:"doc"`
	Mend          string             `json:"mend"`
	TookMS        float64            `json:"took_ms"`
	Evidence      []jsonEvidence     `json:"evidence"`
}

type jsonEvidence struct {
	UUID      string         `json:"uuid"`
	WebhookID string         `json:"webhook_id"`
	Event     string         `json:"event"`
	Mutations []jsonMutation `json:"mutations"`
	URL       string         `json:"url"`
	Attempts  []jsonAttempt  `json:"attempts"`
	Fate      string         `json:"fate"`
	Curl      string         `json:"curl"`
	CurlNote  string         `json:"curl_note,omitempty"`
}

type jsonMutation struct {
	ID  string `json:"id"`
	Doc string `json:"doc"`
}

type jsonAttempt struct {
	N      int     `json:"n"`
	At     string  `json:"at"`
	TookMS float64 `json:"took_ms"`
	Resent bool    `json:"resent,omitempty"`
	Fault  string  `json:"fault,omitempty"`
	// Unreached and the target's answer are as in mocksender.EntryAttempt.
	Unreached    bool          `json:"unreached,omitempty"`
	TargetStatus int           `json:"target_status,omitempty"`
	TargetClass  string        `json:"target_class,omitempty"`
	Request      jsonRequest   `json:"request"`
	Response     *jsonResponse `json:"response,omitempty"`
	Error        *jsonError    `json:"error,omitempty"`
}

type jsonRequest struct {
	Method string `json:"method"`
	URL    string `json:"url,omitempty"` // where it is not that of the delivery
	// Head, or HeadBase64 where it is not UTF-8, is empty where it was not kept.
	Head          string              `json:"head,omitempty"`
	HeadBase64    string              `json:"head_base64,omitempty"`
	Headers       map[string][]string `json:"headers"`
	HeadersBase64 map[string][]string `json:"headers_base64,omitempty"`
	Framing       *jsonFraming        `json:"framing,omitempty"`
	jsonBody
}

type jsonFraming struct {
	Chunked         bool    `json:"chunked,omitempty"`
	ExpectContinue  bool    `json:"expect_continue,omitempty"`
	Pieces          int     `json:"pieces,omitempty"`
	PauseMS         float64 `json:"pause_ms,omitempty"`
	CutAt           int     `json:"cut_at,omitempty"`
	FreshConnection bool    `json:"fresh_connection,omitempty"`
}

type jsonResponse struct {
	Status        int                 `json:"status"`
	Headers       map[string][]string `json:"headers"`
	HeadersBase64 map[string][]string `json:"headers_base64,omitempty"`
	jsonBody
}

type jsonBody struct {
	Bytes      int     `json:"bytes"`
	Body       *string `json:"body,omitempty"`
	BodyBase64 *string `json:"body_base64,omitempty"`
	Truncated  bool    `json:"truncated,omitempty"`
}

type jsonError struct {
	Class   string `json:"class"`
	Message string `json:"message"`
}
