package cli

import (
	"context"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// dressing is a sender that first changes the events as --set and --unset say.
// Events without the place keep their form: not every event has a meeting.
type dressing struct {
	sender *mocksender.Sender
	flags  *playFlags
}

// Send implements scenarios.Sender.
func (d *dressing) Send(ctx context.Context, url string, delivery mocksender.Delivery) (mocksender.Receipt, error) {
	body := delivery.Event.Body
	for _, c := range d.flags.set {
		if changed, err := payload.Set(body, c.Path, c.Value); err == nil {
			body = changed
		}
	}
	for _, path := range d.flags.unset {
		if changed, err := payload.Unset(body, path); err == nil {
			body = changed
		}
	}
	delivery.Event.Body = body
	return d.sender.Send(ctx, url, delivery)
}
