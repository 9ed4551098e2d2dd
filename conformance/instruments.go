package conformance

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// instruments returns what was seen, and how.
func (r *run) instruments() []Instrument {
	effects := Instrument{InstrumentEffects, r.effects.On(), r.effects.Detail()}
	canaries := Instrument{InstrumentCanaries, r.effects.CanariesOn(), r.effects.CanariesDetail()}
	switch {
	case r.o.Production:
		effects.Detail = "off: nothing genuine can be sent to a receiver that is configured for the real service"
		canaries.Detail = effects.Detail
		return []Instrument{effects, canaries, r.keysInstrument(), r.refusals()}
	case !r.effects.Collected():
		effects.Detail = "off: the run did not come that far"
		canaries.Detail = effects.Detail
	}
	all := []Instrument{effects, canaries, r.keysInstrument()}
	if r.o.Endpoints.API.Calls() > r.called {
		all = append(all, Instrument{InstrumentCalls, r.effects.CallsOn(), r.effects.CallsDetail()})
	}
	return all
}

func (r *run) keysInstrument() Instrument {
	switch n := r.o.Endpoints.KeyServer.Fetches(); {
	case r.o.Endpoints.Earlier.Adopted != nil:
		fetched := map[bool]string{true: "it fetches the key all the same", false: "off: it fetched none in this run"}[n > 0]
		return Instrument{InstrumentKeys, n > 0, fmt.Sprintf("%s; the target still verifies with the key of an earlier run, and this run goes on with that one (%s)",
			fetched, r.o.Endpoints.Earlier.Place)}
	case n == 0:
		return Instrument{InstrumentKeys, false, "off: the target never fetched the key from here"}
	case n == 1:
		return Instrument{InstrumentKeys, true, "the target fetched the key once"}
	default:
		return Instrument{InstrumentKeys, true, fmt.Sprintf("the target fetched the key %d times", n)}
	}
}

func (r *run) refusals() Instrument {
	for _, x := range r.delivery.Log.Exchanges(exchange.Forgery, exchange.Unverifiable, exchange.Nonstandard) {
		if x.Answer == exchange.Refused && refusesSignatures(x.FirstStatus()) {
			return Instrument{InstrumentRefusals, true, "unbracketed: all that is seen is what the target refuses, and one that refuses everything does the same"}
		}
	}
	return Instrument{InstrumentRefusals, false, "off: nothing was refused as a receiver refuses a signature; is the URL the webhook's, and does it work?"}
}

// refusesSignatures reports whether a receiver that works refuses a forgery by this
// status. Others say that nobody is there, or that the request itself was wrong.
func refusesSignatures(status int) bool {
	return slices.Contains([]int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable, http.StatusUnprocessableEntity,
	}, status)
}

// required returns the instruments that have to be on: those that the options
// require, and a count of effects that the user has given. A wrong effects URL
// must not look like a good result.
func (r *run) required() []string {
	out := slices.Clone(r.o.Require)
	if r.o.Target.Effects != nil && r.effects.Collected() && !slices.Contains(out, InstrumentEffects) {
		out = append(out, InstrumentEffects)
	}
	if r.o.Production {
		out = append(out, InstrumentRefusals)
	}
	return out
}
