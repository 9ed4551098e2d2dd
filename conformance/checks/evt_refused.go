package checks

import (
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// acceptFix says how to get an event accepted that is refused.
func acceptFix(t rtk.EventType) string {
	return fmt.Sprintf("If it is refused for an id that the receiver does not know, give one that it knows: --meeting-id, --webhook-id, or --set PATH=VALUE for any other member. "+
		"If it asks RealtimeKit's REST API first, have it ask the one of rtkmock serve. "+
		"Else handle %s, or answer 2xx and ignore it; if it is not wanted, leave it out of the webhook's events and give --events here.", t)
}

// explainRefusal says what is known about a refused event: the answer in its own words,
// and changes of the event with which it is accepted.
func explainRefusal(p *conformance.Probe, x *exchange.Exchange) {
	if text := exchange.Said(x.Last().Outcome); text != "" {
		p.Comment("the answer says: %s", text)
		if ownRequest().MatchString(text) {
			p.Comment("so a request that the receiver makes itself has failed, such as one to the REST API; rtkmock serve has that, too")
		}
	}
	t := x.Delivery.Event.Type
	for _, try := range []struct {
		label  string
		change func([]byte) []byte
		means  string
	}{
		{
			" with fileSize as a number", func(b []byte) []byte { return setAll(b, "77347", "recording.fileSize") },
			"with fileSize as a number it is accepted, so the receiver wants what the guide writes as a string to be a number: see evt/filesize-string",
		},
		{
			` with / written \/`, slashesEscaped,
			`with / written \/ it is accepted, so the signature is not verified over the raw bytes: see sig/raw-bytes`,
		},
	} {
		if p.Context().Err() != nil {
			return
		}
		if changed := try.change(x.Made.Body); changed == nil || slices.Equal(changed, x.Made.Body) {
			continue // it would change nothing
		}
		changed := try.change(p.Fresh(t).Body)
		if p.Try(string(t)+try.label, mocksender.Delivery{Event: rtk.Event{Type: t, Body: changed}}).Accepted() {
			p.Comment("%s", try.means)
			return
		}
	}
}

// ownRequest is how common clients say that a request of theirs has failed.
var ownRequest = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)fetch failed|ENOTFOUND|ECONNREFUSED|getaddrinfo|no such host|connection refused|name resolution|api\.(realtime\.)?cloudflare\.com|dyte\.io|Max retries exceeded`)
})
