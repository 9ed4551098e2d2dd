package checks

import (
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

// A receiver that may not fetch its key again so soon can answer 503 to what does not
// verify: the key may have changed, and the delivery comes again. When it has been
// left alone for a while, it fetches the key and answers 401.

// leftAlone are the times for which a receiver is left alone, one after the other.
func leftAlone() []time.Duration {
	return []time.Duration{300 * time.Millisecond, 1250 * time.Millisecond}
}

// withoutNotYet returns failing without the forgeries that were answered 503 because
// they came too soon. One of each sort of signature is sent once more to find that
// out: code that throws does so for one sort, whenever it comes.
func withoutNotYet(p *conformance.Probe, failing []*exchange.Exchange) []*exchange.Exchange {
	notYet := map[signatureSort]bool{}
	notYetNow := func(f *exchange.Exchange) bool {
		if f.Last().Outcome.Status != http.StatusServiceUnavailable {
			return false
		}
		s := sortOf(f)
		if _, known := notYet[s]; !known {
			notYet[s] = refusedLater(p, f)
		}
		return notYet[s]
	}
	out := slices.DeleteFunc(slices.Clone(failing), notYetNow)
	if n := len(failing) - len(out); n > 0 {
		p.Comment("%s answered 503 right after others, and 4xx when nothing had come for a while: it asks for time until it may fetch its key again", counted(n, "forgery was", "forgeries were"))
	}
	return out
}

// refusedLater reports whether f is answered 4xx when the target was left alone before.
func refusedLater(p *conformance.Probe, f *exchange.Exchange) bool {
	for _, wait := range leftAlone() {
		p.Pause(wait)
		if p.Context().Err() != nil || p.Process().Exited() {
			return false
		}
		x := p.Send().Once(exchange.Unverifiable, f.Label+", after a pause", mocksender.Delivery{Event: p.FreshAny(), Mutations: f.Delivery.Mutations})
		if code := x.FirstStatus(); code >= 400 && code < 500 {
			return true
		}
		if x.FirstStatus() != http.StatusServiceUnavailable {
			return false
		}
	}
	return false
}

// signatureSort is how far code gets with a signature.
type signatureSort int

const (
	noSignature signatureSort = iota
	noBase64
	readableSignature
)

func sortOf(f *exchange.Exchange) signatureSort {
	q := f.Last().Request
	signature := q.Field("rtk-signature")
	if signature == "" {
		signature = q.Field("dyte-signature")
	}
	switch _, err := base64.StdEncoding.DecodeString(signature); {
	case signature == "":
		return noSignature
	case err != nil:
		return noBase64
	default:
		return readableSignature
	}
}
