package mocksendertest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// payload returns the options of the next meeting.
func (f *Fake) payload() payload.Options {
	o := f.o.Payload
	o.Seed = f.seed.Add(1) - 1
	return o
}

// Change changes the body of an event before it is signed.
type Change func([]byte) ([]byte, error)

// Set sets the member at a dotted path, such as "meeting.title", to value as
// encoding/json writes it.
func Set(path string, value any) Change {
	return func(body []byte) ([]byte, error) {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		return payload.Set(body, path, text)
	}
}

// Unset removes the member at a dotted path.
func Unset(path string) Change {
	return func(body []byte) ([]byte, error) { return payload.Unset(body, path) }
}

// Event returns an event of type t as the guide's sample has it. It comes from a
// fresh meeting, as payload.Sample says.
func (f *Fake) Event(t rtk.EventType, changes ...Change) rtk.Event {
	f.t.Helper()
	e, err := payload.Sample(t, f.payload())
	for _, change := range changes {
		if err == nil {
			e.Body, err = change(e.Body)
		}
	}
	if err != nil {
		f.t.Fatalf("mocksendertest: %s: %v", t, err)
	}
	return e
}

// Send signs an event, delivers it to url with the retries of the options, and
// says how that went. Mutations change the request after it was signed. They are
// named by their ids, such as "signature/other-key"; mutation.All lists them.
func (f *Fake) Send(url string, e rtk.Event, mutations ...string) mocksender.Receipt {
	f.t.Helper()
	return f.Deliver(url, f.delivery(e, mutations))
}

func (f *Fake) delivery(e rtk.Event, mutations []string) mocksender.Delivery {
	f.t.Helper()
	d := mocksender.Delivery{Event: e}
	for _, id := range mutations {
		m, err := mutation.ByID(mutation.Options{}, id)
		if err != nil {
			f.t.Fatalf("mocksendertest: %v", err)
		}
		d.Mutations = append(d.Mutations, m)
	}
	return d
}

// Deliver is Send for a delivery with more settings: its uuid, faults, header
// fields.
func (f *Fake) Deliver(url string, d mocksender.Delivery) mocksender.Receipt {
	f.t.Helper()
	r, err := f.sender.Send(f.t.Context(), url, d)
	f.must(err)
	f.mu.Lock()
	f.receipts = append(f.receipts, r)
	f.mu.Unlock()
	f.logf("%s", account(r))
	return r
}

// Request returns the signed request of a delivery, without a network: for the
// ServeHTTP of a handler, or for another client. The URL need not exist.
func (f *Fake) Request(url string, e rtk.Event, mutations ...string) *http.Request {
	f.t.Helper()
	prepared, err := f.sender.Prepare(url, f.delivery(e, mutations))
	f.must(err)
	sent := prepared.Request
	r, err := http.NewRequestWithContext(f.t.Context(), sent.Method, url, bytes.NewReader(sent.Body))
	f.must(err)
	for name, values := range sent.Header {
		for _, v := range values {
			r.Header.Add(name, v) // in the spelling of net/http, as a server has it
		}
	}
	r.RemoteAddr = "192.0.2.1:1234" // for documentation: RFC 5737
	return r
}

// Play plays a scenario against url: one of the library by its name, or one
// that scenarios.Parse has read. Retries wait a tenth of what the guide's
// profile says, unless Options.Sender.Retry is set.
func (f *Fake) Play(url string, scenario any) *scenarios.Result {
	f.t.Helper()
	s, ok := scenario.(*scenarios.Scenario)
	if name, isName := scenario.(string); isName {
		var err error
		s, err = scenarios.Load(name)
		f.must(err)
	} else if !ok {
		f.t.Fatalf("mocksendertest: Play takes a name or a *scenarios.Scenario, not %T", scenario)
	}
	o := f.o.Sender
	o.IDs, o.WebhookID = nil, "" // they follow from the seed
	result, err := scenarios.Play(f.t.Context(), s, scenarios.Options{
		URL: url, Sender: o, Payload: f.payload(), Keys: f.keys, API: f.api,
		Happened: func(events ...rtk.Event) { _ = f.platform.Learn(app, events...) }, // there is room for one app
	})
	f.must(err)
	f.logf("%s: %s, %d as expected", result.Scenario, counted(result.Counts.Sent, "delivery", "deliveries"), result.Counts.Met)
	return result
}

// account says in one line what became of a delivery.
func account(r mocksender.Receipt) string {
	var b strings.Builder
	b.WriteString(string(r.Delivery.Event.Type))
	for _, m := range r.Delivery.Mutations {
		b.WriteString(" + " + m.ID)
	}
	b.WriteString(" to " + r.URL + ": " + string(r.Fate))
	for _, a := range r.Attempts {
		b.WriteString("; " + outcome(a))
	}
	return b.String()
}
