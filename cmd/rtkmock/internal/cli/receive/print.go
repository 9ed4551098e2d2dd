package receive

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// received is a delivery that arrived, in JSON.
type received struct {
	At        time.Time     `json:"at"`
	Method    string        `json:"method"`
	Path      string        `json:"path"`
	Event     rtk.EventType `json:"event,omitempty"`
	UUID      string        `json:"uuid,omitempty"`
	WebhookID string        `json:"webhook_id,omitempty"`
	Verified  bool          `json:"verified"`
	Reason    string        `json:"reason,omitempty"`
	Status    int           `json:"status"`
	TookMS    float64       `json:"took_ms"`
	Body      string        `json:"body,omitempty"`
}

func (o *options) printDelivery(d receivers.Delivery) {
	reason, body := "", ""
	if d.VerifyErr != nil {
		reason = exit.Plain(d.VerifyErr)
	}
	if o.verbose {
		body = strings.ToValidUTF8(string(d.Body), "\uFFFD")
	}
	if o.Form == terminal.FormJSON {
		_ = o.JSONLine(received{ // a stream that failed is reported in the end
			At: d.At.UTC(), Method: d.Method, Path: d.Path, Event: d.Event, UUID: d.UUID, WebhookID: d.Header.Get(rtk.HeaderWebhookID),
			Verified: d.Verified, Reason: reason, Status: d.Status, TookMS: terminal.Milliseconds(d.Took), Body: body,
		})
		return
	}
	state := o.Paint(terminal.Green, "verified")
	switch {
	case reason != "":
		state = o.Paint(terminal.Red, "not verified") + " (" + terminal.OneLine(reason) + ")"
	case !d.Verified:
		state = o.Paint(terminal.Yellow, "not verified")
	}
	answer := "cut"
	if d.Status > 0 {
		answer = strings.TrimSpace(strconv.Itoa(d.Status) + " " + http.StatusText(d.Status))
	}
	what := cmp.Or(string(d.Event), d.Method+" "+d.Path)
	line := strings.Join([]string{d.At.Format(time.TimeOnly), terminal.OneLine(what), cmp.Or(terminal.OneLine(d.UUID), "no uuid"), state, answer}, "  ")
	if body != "" {
		line += "\n          " + terminal.OneLine(body)
	}
	o.Printf("%s\n", line)
}
