// Package mocksendertest stands in for RealtimeKit in a Go test: it serves the
// key, makes signed events, sends them, and says what became of them.
//
//	func TestWebhook(t *testing.T) {
//		fake := mocksendertest.New(t, mocksendertest.Options{})
//		url := fake.Serve(webhook.NewHandler(fake.KeyURL()))
//
//		receipt := fake.Send(url, fake.Event(rtk.MeetingStarted))
//		mocksendertest.Check(t, mocksendertest.Delivered(receipt))
//
//		forged := fake.Send(url, fake.Event(rtk.MeetingEnded), "signature/other-key")
//		mocksendertest.Check(t, mocksendertest.Rejected(forged))
//	}
//
// New cleans up after itself, and what happens is logged to the test. Each Fake
// has a key endpoint of its own, so tests may run in parallel.
//
// Delivered, Rejected and the like return a Comparison, which says why it does
// not hold. It is a plain function, so assert.Assert of gotest.tools takes it as
// it is. Check and Require are for tests without such a library.
//
// With Options.Net everything happens in memory: inside testing/synctest, a day
// of retries then takes milliseconds.
package mocksendertest
