package receivers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// verificationFlaws have no proper verification, or a way around it.
func verificationFlaws() []Spec {
	return []Spec{
		// These go wrong before or after the RSA.
		{
			Name:     "accepts-missing-header",
			Doc:      "Verifies if there is a signature, and goes on if there is none: \"if (signature && !verify(…)) return 401\".",
			CaughtBy: ids("sig/missing-header sig/effect-before-verify"),
			change:   forgive(errMissing),
		},
		{
			Name:     "accepts-empty-header",
			Doc:      "Rejects a missing header, and skips the verification of an empty one.",
			CaughtBy: ids("sig/empty-header sig/effect-before-verify"),
			change:   forgive(errEmpty),
		},
		{
			Name:     "accepts-empty-header-behind-gateway",
			Doc:      "Skips the verification of an empty header as well, behind a gateway that answers 503 to what comes too fast: to a run that is, the forgery looks as if it were kept out.",
			CaughtBy: ids("sig/empty-header sig/effect-before-verify"),
			change:   changes(forgive(errEmpty), limitRate),
		},
		{
			Name:     "accepts-empty-header-behind-gateway-with-time",
			Doc:      "The same behind a gateway whose 503 says when to come back: as a receiver does that may not fetch its key again yet.",
			CaughtBy: ids("sig/empty-header sig/effect-before-verify"),
			change:   changes(forgive(errEmpty), limitRateWithTime),
		},
		{
			Name:     "verify-result-ignored",
			Doc:      "Calls verify and ignores what it returns: in Node, crypto.verify returns false and does not throw.",
			CaughtBy: ids(unverified, "sig/effect-before-verify key/rotation-old"),
			change:   forgive(errForged, errLength),
		},
		{
			Name:     "verdict-remembered-by-signature",
			Doc:      "Remembers which signatures were good, to save the RSA: a signature that was good once is good for any body.",
			CaughtBy: ids("sig/other-event sig/effect-before-verify"),
			change:   verifyOnce((*exchange).signature),
		},
		{
			Name:     "errors-pass",
			Doc:      "Accepts a delivery if verify throws instead of returning false: on signatures of the wrong length, and on what is not Base64. Java's Signature.verify throws, and a catch block that only logs goes on.",
			CaughtBy: ids("sig/truncated sig/garbage-base64 sig/hmac-with-public-key sig/padding sig/effect-before-verify sig/base64-leniency"),
			change:   forgive(errBase64, errLength),
		},
		{
			Name:     "minus-one-is-true",
			Doc:      "Takes every result but 0 for a yes: openssl_verify in PHP returns -1 on an error, as after a base64_decode that failed.",
			CaughtBy: ids("sig/garbage-base64 sig/effect-before-verify sig/base64-leniency"),
			change:   forgive(errBase64),
		},
		{
			Name:     "list-of-headers-skips",
			Doc:      "The framework gives a repeated header as a list, and only a string is verified.",
			CaughtBy: ids("sig/duplicate-header sig/effect-before-verify"),
			change:   forgive(errRepeated),
		},
		{
			Name:     "waves-old-keys-through",
			Doc:      "Takes a shorter signature for one of an older, smaller key. It cannot check that, and accepts it for compatibility.",
			CaughtBy: ids("sig/truncated sig/effect-before-verify"),
			change: verifyAlso(func(pub *key, _, signature []byte) bool {
				return len(signature) >= 64 && len(signature) < pub.Size()
			}),
		},
		// These have a way around the verification for some deliveries.
		{
			Name:     "skips-summaries",
			Doc:      "Handles meeting.summary on another path, and nobody put the verification in front of it.",
			CaughtBy: ids("sig/missing-header sig/other-key sig/effect-before-verify"),
			change: skipVerification(func(x *exchange) bool {
				e, err := parseEvent(x.Body)
				return err == nil && e.kind() == rtk.MeetingSummary
			}),
		},
		{
			Name:     "verifies-json-alone",
			Doc:      "Verifies in the hook of its JSON parser, which runs for application/json only: express.json({ verify }).",
			CaughtBy: ids("sig/missing-header sig/effect-before-verify"),
			change: skipVerification(func(x *exchange) bool {
				return !strings.HasPrefix(x.header("Content-Type"), "application/json")
			}),
		},
		{
			Name:     "predecessor-unverified",
			Doc:      "Accepts what has the predecessor's dyte-signature, for a migration that is over. Nobody verifies it.",
			CaughtBy: ids("sig/missing-header sig/effect-before-verify"),
			change: forgiveIf(func(x *exchange, err error) bool {
				return errors.Is(err, errMissing) && x.header(rtk.DyteHeaderSignature) != ""
			}),
		},
		{
			Name:     "verifies-known-webhooks",
			Doc:      "Looks up by rtk-webhook-id how to verify, and does not verify without it: \"if (webhookId) verify(…)\".",
			CaughtBy: ids("sig/other-key sig/effect-before-verify"),
			change:   skipVerification(func(x *exchange) bool { return x.header(rtk.HeaderWebhookID) == "" }),
		},
		{
			Name:     "takes-nameless-for-tests",
			Doc:      "Takes a delivery without rtk-uuid for a test by its own people, and accepts it without verifying.",
			CaughtBy: ids("sig/other-key"),
			change:   skipVerification(func(x *exchange) bool { return x.uuid() == "" }),
		},
		{
			Name:     "trusts-inner-addresses",
			Doc:      "Does not verify what comes from its own machine. It reads that from X-Forwarded-For, which anyone can send.",
			CaughtBy: ids("sig/other-key sig/effect-before-verify"),
			change:   skipVerification(func(x *exchange) bool { return strings.HasPrefix(x.header("X-Forwarded-For"), "127.") }),
		},
		{
			Name:     "trusts-known-uuids",
			Doc:      "Verifies each uuid once. It takes whatever else comes with that uuid for a correction, and acts on it.",
			CaughtBy: ids("sig/other-event sig/effect-before-verify"),
			change: changes(
				verifyOnce((*exchange).uuid),
				dedupeBy(func(x *exchange) string { return x.uuid() + string(x.Body) }),
			),
		},
		{
			Name:     "other-methods-unverified",
			Doc:      "Has the verification in front of its POST route only, and a catch-all behind it that acts on any method.",
			CaughtBy: ids("sig/effect-before-verify rsp/non-post"),
			change:   changes(anyMethod, skipVerification(func(x *exchange) bool { return x.r.Method != http.MethodPost })),
		},
	}
}
