package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A check that changes events blames the change for a refusal, and says how to fix
// that. If the event is refused without the change as well, both are wrong.

// offerSubscribed sends those of events that are subscribed, in order, and judges
// nothing.
func offerSubscribed(p *conformance.Probe, events []rtk.Event, label func(rtk.Event) string) []*exchange.Exchange {
	return sendSubscribed(p, events, func(e rtk.Event) *exchange.Exchange {
		return p.Offer(label(e), mocksender.Delivery{Event: e})
	})
}

// judgeChanged judges events that are changed in some way. refusedPlain returns those
// of refused that are refused without the change as well.
func judgeChanged(p *conformance.Probe, xs []*exchange.Exchange, refusedPlain func(refused []*exchange.Exchange) []*exchange.Exchange) {
	refused := slices.DeleteFunc(slices.Clone(xs), func(x *exchange.Exchange) bool { return x.Accepted() })
	var already []*exchange.Exchange
	if len(refused) > 0 && p.Context().Err() == nil {
		already = refusedPlain(refused)
	}
	for _, x := range xs {
		if !slices.Contains(already, x) {
			p.JudgeAccepted(x)
		}
	}
	switch len(already) {
	case 0:
	case 1:
		p.Skip("%s, but the plain event is refused already; see evt/accept-%s", already[0], already[0].Delivery.Event.Type)
	default:
		p.Skip("%s: %s, but the plain events are refused already; see evt/accept-%s", labels(already), already[0].Answered(), already[0].Delivery.Event.Type)
	}
}

// judgeOneChanged is judgeChanged for one event. plain makes it without the change.
func judgeOneChanged(p *conformance.Probe, x *exchange.Exchange, plain func() rtk.Event) {
	judgeChanged(p, []*exchange.Exchange{x}, func(refused []*exchange.Exchange) []*exchange.Exchange {
		if p.AcceptQuietly(plain()).Accepted() {
			return nil
		}
		return refused
	})
}

// refusedByType returns those of refused for which the sample of their type is refused
// as well. Each type is tried once.
func refusedByType(p *conformance.Probe) func([]*exchange.Exchange) []*exchange.Exchange {
	return func(refused []*exchange.Exchange) []*exchange.Exchange {
		accepted := map[rtk.EventType]bool{}
		var out []*exchange.Exchange
		for _, x := range refused {
			t := x.Delivery.Event.Type
			ok, tried := accepted[t]
			if !tried {
				ok = p.AcceptQuietly(p.Fresh(t)).Accepted()
				accepted[t] = ok
			}
			if !ok {
				out = append(out, x)
			}
		}
		return out
	}
}

// altered sends one meeting in which every subscribed event is changed, judges and
// returns the exchanges. change returns nil for an event that it does not fit.
func altered(p *conformance.Probe, label string, change func(rtk.Event) []byte) []*exchange.Exchange {
	var events []rtk.Event
	for _, e := range p.Events().Lifecycle() {
		if body := change(e); body != nil {
			events = append(events, rtk.Event{Type: e.Type, Body: body})
		}
	}
	xs := offerSubscribed(p, events, func(e rtk.Event) string { return string(e.Type) + " " + label })
	if len(xs) == 0 && p.Context().Err() == nil {
		p.NotApplicable("no subscribed event has the place for it")
	}
	judgeChanged(p, xs, func([]*exchange.Exchange) []*exchange.Exchange {
		return refusedAnyway(p, xs, p.Events().Lifecycle())
	})
	return xs
}

// changeAll applies change to body at each of paths that fits. It returns nil if none
// does.
func changeAll(body []byte, paths []string, change func(body []byte, path string) ([]byte, error)) []byte {
	hit := false
	for _, path := range paths {
		if changed, err := change(body, path); err == nil {
			body, hit = changed, true
		}
	}
	if !hit {
		return nil
	}
	return body
}

// setAll sets value at each of paths that body has. It returns nil if it has none.
func setAll(body []byte, value string, paths ...string) []byte {
	return changeAll(body, paths, func(b []byte, path string) ([]byte, error) {
		if _, err := payload.Get(b, path); err != nil {
			return nil, err
		}
		return payload.Set(b, path, []byte(value))
	})
}

// named puts a JSON string where an event carries free text.
func named(body []byte, value string) []byte {
	for _, path := range []string{
		"participant.userDisplayName", "meeting.title", "title",
		"recording.outputFileName", "meeting.organizedBy.name",
	} {
		if changed := setAll(body, value, path); changed != nil {
			return changed
		}
	}
	return body
}

// layout is another way to write the same JSON value.
type layout struct {
	name   string
	change func([]byte) []byte
}

func layouts() []layout {
	return []layout{
		{"a body with odd spacing", func(b []byte) []byte { return bytes.ReplaceAll(indented(b), []byte("\n  "), []byte("\n\t ")) }},
		{"a body with another key order", reversed},
		// Events of some types have no slash at all, and those of others always have one.
		{"a body with slashes", func(b []byte) []byte { return named(b, `"Week 23/24"`) }},
		{`a body with slashes written \/`, func(b []byte) []byte { return slashesEscaped(named(b, `"Week 23/24"`)) }},
		{`a body with é written \u00e9`, func(b []byte) []byte { return named(b, `"Ren\u00e9e Dupr\u00e9"`) }},
		{"a body with CRLF line ends", func(b []byte) []byte { return bytes.ReplaceAll(indented(b), []byte("\n"), []byte("\r\n")) }},
		{"a body with a trailing newline", func(b []byte) []byte { return append(slices.Clone(b), '\n') }},
	}
}

// slashesEscaped writes / as \/, which is the same in JSON.
func slashesEscaped(body []byte) []byte { return bytes.ReplaceAll(body, []byte("/"), []byte(`\/`)) }

func indented(body []byte) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		return body
	}
	return out.Bytes()
}

// reversed writes the members of an object in the opposite order.
func reversed(body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return body
	}
	var members []string
	for dec.More() {
		var value json.RawMessage
		name, err := dec.Token()
		if err != nil || dec.Decode(&value) != nil {
			return body
		}
		members = append(members, fmt.Sprintf("%q:%s", name, value))
	}
	slices.Reverse(members)
	return []byte("{" + strings.Join(members, ",") + "}")
}
