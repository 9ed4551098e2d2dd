package conformancetest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/conformancetest"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// The body of a test: newReceiver stands for your own.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestWebhookConforms(t *testing.T) {
		conformancetest.Run(t, func(keyURL string) conformancetest.Target {
			rc := receivers.Reference(receivers.Config{KeyURL: keyURL})
			t.Cleanup(rc.Close)
			return conformancetest.Target{Handler: rc, Effects: rc.Count}
		})
	}
}

// Judge is for what is no Go test.
func ExampleSuite_Judge() {
	var sig []*conformance.Check
	for _, c := range checks.All() {
		if c.Level == conformance.Gate || c.ID == "sig/raw-bytes" {
			sig = append(sig, c)
		}
	}
	suite := conformancetest.Suite{Options: conformance.Options{Checks: sig, Seed: 1}}
	var receiver *receivers.Receiver
	report, err := suite.Judge(context.Background(), func(keyURL string) conformancetest.Target {
		receiver = receivers.Reference(receivers.Config{KeyURL: keyURL})
		return conformancetest.Target{Handler: receiver, Effects: receiver.Count}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer receiver.Close()
	fmt.Println(report.Headline)
	// Output: conformant
}
