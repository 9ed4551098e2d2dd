// Package conformancetest judges a webhook receiver in a Go test: each check of
// the catalogue is a subtest.
//
//	func TestWebhookConforms(t *testing.T) {
//		conformancetest.Run(t, func(keyURL string) conformancetest.Target {
//			store := webhook.NewStore()
//			return conformancetest.Target{
//				Handler: webhook.NewHandler(keyURL, store),
//				Effects: store.CountByUUID,
//			}
//		})
//	}
//
// The subtests are named after the checks, so go test selects among them, and
// what is not selected is not run:
//
//	go test -run TestWebhookConforms/sig
//	go test -run TestWebhookConforms/sig/raw-bytes
//	go test -skip TestWebhookConforms/http
//
// A check that does not hold fails its subtest, and says what was sent and
// received, why it matters and how to fix it. A check that could not be judged is
// skipped, and says what to add. A MUST that stays undecided fails, since nothing
// was proved.
package conformancetest
