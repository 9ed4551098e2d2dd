package selftest_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// TestNoTwoChecksCatchTheSame: each check sees something that no other does.
func TestNoTwoChecksCatchTheSame(t *testing.T) {
	byFlaws := map[string][]string{}
	for _, c := range checks.All() {
		var names []string
		for _, f := range receivers.Catching(string(c.ID)) {
			names = append(names, f.Name)
		}
		key := strings.Join(names, " ")
		byFlaws[key] = append(byFlaws[key], string(c.ID))
	}
	for flaws, ids := range byFlaws {
		assert.Check(t, len(ids) == 1, "%v catch the same receivers, %s; write a flaw that only one of them catches", ids, flaws)
	}
}

// TestEveryFamilyOfFlawsHasATwin: if a check could take a habit of a good
// receiver for a flaw, a receiver with that habit must pass.
func TestEveryFamilyOfFlawsHasATwin(t *testing.T) {
	twins := map[string]bool{}
	for _, f := range receivers.Benign() {
		twins[f.Name] = true
	}
	for habit, names := range map[string]string{
		"202":                                           "answers-202",
		"204":                                           "answers-204",
		"403 for 401":                                   "refuses-with-403",
		"no keep-alive":                                 "no-keep-alive",
		"1 MB answers":                                  "answers-megabyte",
		"slow, but in budget":                           "slow-within-budget",
		"key pinned":                                    "pinned-key",
		"dedupe by body hash and uuid":                  "dedupes-by-uuid-and-body",
		"one event subscribed":                          "one-event",
		"503 while a twin is in work":                   "503-while-in-work",
		"background downloads":                          "late-downloads",
		"effects 150 ms late":                           "late-effects",
		"30 s between key refetches":                    "refetches-rarely",
		"a second between key refetches":                "refetches-each-second asks-for-time-between-fetches says-when-to-come-back",
		"2xx to GET and OPTIONS":                        "answers-any-method",
		"several headers, the last one counts":          "uses-last-header",
		"queues first, verifies later":                  "queues-then-verifies",
		"no effect to be seen, or few of them":          "only-watches acts-on-recordings-alone",
		"some values alone, by natural keys":            "acts-on-outcomes-alone",
		"a key fetched with every request":              "fetches-every-time backs-off-from-key-endpoint",
		"429, a bare 503, 5xx now and then, cold start": "rate-limited rate-limited-by-gateway rate-limited-by-gateway-with-time one-in-ten-500 cold-start starting-503",
		"knows its meetings and webhooks":               "known-meetings known-webhook one-webhook",
		"a gateway's header or path":                    "header-token path-token",
		"the predecessor's headers":                     "predecessor-headers",
		"refuses old times and its own network":         "refuses-old refuses-own-network",
	} {
		for _, name := range strings.Fields(names) {
			assert.Check(t, twins[name], "%s: there is no twin %s", habit, name)
		}
	}
}

// seenFlaws are the bugs of public receivers, and the flawed receivers that have
// them.
func seenFlaws() map[string]string {
	return map[string]string{
		"re-serialise before verifying":                    "reserialises raw-or-reserialised",
		"HMAC instead of RSA":                              "hmac-instead-of-rsa hmac-as-well",
		"result of verify ignored":                         "verify-result-ignored",
		"only the header's presence checked":               "presence-only",
		"parse before verifying":                           "parses-before-verifying acts-before-verifying key-url-from-body",
		"crash or 500 on garbage Base64":                   "throws-on-garbage dies-on-garbage",
		"key cached for ever or for 24 h":                  "caches-key-for-ever caches-key-for-a-day",
		"key fetched on every request":                     "fetches-before-anything refetches-for-each-forgery",
		"one failed key fetch cached for ever":             "remembers-failed-fetch",
		"key-fetch failure answered 401/400":               "401-without-key",
		"uuid marked seen before the work":                 "marks-before-the-work claims-while-in-work",
		"SELECT-then-INSERT races":                         "select-then-insert",
		"fileSize typed as a number":                       "filesize-as-number filesize-32-bit filesize-safe-integer",
		"unknown event answered 4xx":                       "unknown-event-400",
		"flat event.meetingId, so a 200 with no effect":    "reads-flat-meeting-id",
		"null, [], empty and malformed signed bodies: 500": "poison-500 null-body-500",
		// Nobody outside sees a status that goes backwards in the receiver's own
		// store. What shows is that a receiver rejects what comes late.
		"status going backwards on late or reordered events": "recordings-go-forward closed-after-end",
	}
}

func TestFlawsOfPublicReceiversAreAllThere(t *testing.T) {
	flaws := map[string]bool{}
	for _, f := range receivers.Flaws() {
		flaws[f.Name] = true
	}
	for words, names := range seenFlaws() {
		for _, name := range strings.Fields(names) {
			assert.Check(t, flaws[name], "%s: there is no flaw %s", words, name)
		}
	}
}
