package target

import (
	"context"
	"net/url"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// BuiltIn is the reference receiver in this process, on a port of its own.
type BuiltIn struct {
	*receivers.Process
	URL *url.URL
}

// WebhookPath is the path of a receiver's webhooks.
const WebhookPath = "/webhook"

// OpenBuiltIn starts the reference receiver for the header names of the
// deliveries. The caller closes it.
func OpenBuiltIn(ctx context.Context, c receivers.Config, names rtk.HeaderNames) (*BuiltIn, error) {
	c.HeaderNames = names
	ln, err := ListenAnywhere(ctx)
	if err != nil {
		return nil, err
	}
	return &BuiltIn{
		Process: receivers.Serve(ln, receivers.Reference(c)),
		URL:     &url.URL{Scheme: "http", Host: ln.Addr().String(), Path: WebhookPath},
	}, nil
}
