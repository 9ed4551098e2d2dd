package observe

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// Calls that change something in the REST API show that the target acts on the
// delivery whose ids they name. Others show nothing: a receiver may look something up
// before it believes it.

// CallsOn reports whether the target makes such calls for genuine deliveries, and
// CallsDetail why, or why not.
func (e *Effects) CallsOn() bool       { return e.found.calls.on }
func (e *Effects) CallsDetail() string { return e.found.calls.detail }

// Called reports whether a changing call named an id that occurs in x alone.
func (e *Effects) Called(x *exchange.Exchange) bool {
	_, called := e.found.calls.first[x]
	return called
}

// calls are what changing calls show.
type calls struct {
	on     bool
	detail string
	first  map[*exchange.Exchange]time.Time // the first call for each delivery
}

// uuid is an id that nobody makes up by counting.
var uuid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
})

// changes returns the changing calls that name an id.
func (c *Collector) changes() []rest.Visit {
	if c.o.Calls == nil {
		return nil
	}
	return slices.DeleteFunc(c.o.Calls(), func(v rest.Visit) bool {
		return !v.Changes() || v.Operation.ID == "" || !slices.ContainsFunc(v.Named, uuid().MatchString)
	})
}

// readCalls finds out for which deliveries the target makes changing calls. An id is
// held against a delivery if no other that began before the call has it.
func (c *Collector) readCalls() {
	c.found.calls = calls{first: map[*exchange.Exchange]time.Time{}, detail: "off: the target changes nothing by the REST API for what an event names"}
	changes := c.changes()
	if len(changes) == 0 {
		return
	}
	having := map[string][]*exchange.Exchange{}
	for _, x := range c.o.Sent(exchange.Genuine, exchange.Nonstandard, exchange.Forgery, exchange.Unverifiable) {
		for id := range idsOf(x) {
			having[id] = append(having[id], x)
		}
	}
	f := &c.found.calls
	for _, v := range changes {
		for _, id := range v.Named {
			before := slices.DeleteFunc(slices.Clone(having[id]), func(x *exchange.Exchange) bool { return len(x.Attempts) == 0 || x.Attempts[0].At.After(v.At) })
			f.on = f.on || slices.ContainsFunc(before, func(x *exchange.Exchange) bool { return x.Kind == exchange.Genuine })
			if len(before) != 1 {
				continue
			}
			if at, known := f.first[before[0]]; !known || v.At.Before(at) {
				f.first[before[0]] = v.At
			}
		}
	}
	if f.on {
		f.detail = fmt.Sprintf("the target changes what events name by the REST API (%d such calls)", len(changes))
	}
}

// callLag is the longest time so far from a genuine delivery to a changing call for it.
func (c *Collector) callLag() time.Duration {
	c.readCalls()
	var lag time.Duration
	for x, at := range c.found.calls.first {
		if x.Kind == exchange.Genuine {
			lag = max(lag, at.Sub(x.Ended))
		}
	}
	return min(lag, c.o.Timeout)
}

// idsOf returns the ids in the body that was made and in those that were sent: a
// forgery may have the body of another event.
func idsOf(x *exchange.Exchange) map[string]bool {
	out := map[string]bool{}
	collect := func(body []byte) {
		var value any
		if json.Unmarshal(body, &value) == nil {
			addIDs(out, value)
		}
	}
	collect(x.Delivery.Event.Body)
	for _, a := range x.Attempts {
		collect(a.Request.Body)
	}
	return out
}

func addIDs(out map[string]bool, value any) {
	switch v := value.(type) {
	case string:
		if uuid().MatchString(v) {
			out[v] = true
		}
	case []any:
		for _, one := range v {
			addIDs(out, one)
		}
	case map[string]any:
		for _, one := range v {
			addIDs(out, one)
		}
	}
}
