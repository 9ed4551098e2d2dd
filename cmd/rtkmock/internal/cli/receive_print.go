package cli

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// printedDelivery is a delivery that arrived, in JSON.
type printedDelivery struct {
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

func (a *app) printDelivery(d receivers.Delivery, f receiveFlags) {
	reason := ""
	if d.VerifyErr != nil {
		reason = plain(d.VerifyErr)
	}
	if f.output == outputJSON {
		p := printedDelivery{
			At: d.At.UTC(), Method: d.Method, Path: d.Path, Event: d.Event, UUID: d.UUID, WebhookID: d.Header.Get(rtk.HeaderWebhookID),
			Verified: d.Verified, Reason: reason, Status: d.Status, TookMS: milliseconds(d.Took),
		}
		if f.verbose {
			p.Body = strings.ToValidUTF8(string(d.Body), "\uFFFD")
		}
		_ = a.printJSONLine(p) // a stream that failed is told of in the end
		return
	}
	on := a.colored(a.streams.OutIsTTY)
	what := orElse(string(d.Event), d.Method+" "+d.Path)
	state := paint(on, green, "verified")
	switch {
	case reason != "":
		state = paint(on, red, "not verified") + " (" + oneLine(reason) + ")"
	case !d.Verified:
		state = paint(on, yellow, "not verified")
	}
	answer := "cut"
	if d.Status > 0 {
		answer = strings.TrimSpace(strconv.Itoa(d.Status) + " " + http.StatusText(d.Status))
	}
	line := strings.Join([]string{d.At.Format(time.TimeOnly), oneLine(what), orElse(oneLine(d.UUID), "no uuid"), state, answer}, "  ")
	if f.verbose && len(d.Body) > 0 {
		line += "\n          " + oneLine(strings.ToValidUTF8(string(d.Body), "\uFFFD"))
	}
	a.printf("%s\n", line)
}
