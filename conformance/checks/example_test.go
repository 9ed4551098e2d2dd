package checks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// The endpoints serve the key; the receiver under test verifies with it.
func Example() {
	mux := http.NewServeMux()
	own := httptest.NewServer(mux)
	defer own.Close()
	endpoints := conformance.NewEndpoints(rtk.GenerateKeyring(), own.URL)
	mux.Handle("/", endpoints.Handler())

	receiver := receivers.Reference(receivers.Config{KeyURL: endpoints.KeyURL()})
	defer receiver.Close()
	target := httptest.NewServer(receiver)
	defer target.Close()

	report, err := conformance.Run(context.Background(), conformance.Options{
		Endpoints: endpoints,
		Target:    conformance.Target{URL: target.URL, Effects: receiverEffects{receiver}},
		Checks:    checks.All(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Headline)
	// Output: conformant
}

// receiverEffects asks the receiver itself how often a delivery took effect.
type receiverEffects struct{ *receivers.Receiver }

func (r receiverEffects) Key(q effects.Query) string { return q.UUID }

func (r receiverEffects) Count(_ context.Context, q effects.Query) (int, error) {
	return r.Receiver.Count(q.UUID), nil
}
