package conformance

import (
	"cmp"
	"regexp"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// AcceptedAnswer is what accepted deliveries of one event type were answered. Words
// such as "ignored" or "duplicate" hint at what came of them.
type AcceptedAnswer struct {
	Event      rtk.EventType `json:"event"`
	Body       string        `json:"body"` // in one line, cut; empty if there was none
	Deliveries int           `json:"deliveries"`
}

// maxAnswers is how many answers of one event type are told apart.
const maxAnswers = 6

// acceptedAnswers counts the answers to accepted deliveries by event type, the most
// frequent first. Answers that differ in digits alone, such as ids and times, are one.
func acceptedAnswers(genuine []*exchange.Exchange) []AcceptedAnswer {
	type key struct {
		event rtk.EventType
		body  string
	}
	at := map[key]int{}
	shown := map[string]string{} // one body for all that are one answer, whatever the event
	perEvent := map[rtk.EventType]int{}
	var out []AcceptedAnswer
	for _, x := range genuine {
		if !x.Accepted() {
			continue
		}
		o := x.Last().Outcome
		said := exchange.Said(o)
		k := key{x.Delivery.Event.Type, digits().ReplaceAllString(said, "#")}
		if _, known := shown[k.body]; !known {
			shown[k.body] = said
		}
		i, found := at[k]
		if !found {
			if perEvent[k.event]++; perEvent[k.event] > maxAnswers {
				continue
			}
			i = len(out)
			at[k] = i
			out = append(out, AcceptedAnswer{Event: k.event, Body: shown[k.body]})
		}
		out[i].Deliveries++
	}
	slices.SortStableFunc(out, func(a, b AcceptedAnswer) int {
		return cmp.Or(place(a.Event)-place(b.Event), cmp.Compare(a.Event, b.Event), b.Deliveries-a.Deliveries)
	})
	return out
}

// digits are what differs from answer to answer, with the letters of hexadecimal ids.
var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9a-f]*[0-9][0-9a-f]*`) })

// place is where an event type stands in the guide; others come last.
func place(t rtk.EventType) int {
	all := rtk.EventTypes()
	if i := slices.Index(all, t); i >= 0 {
		return i
	}
	return len(all)
}

// mergedAnswers adds up the answers of several runs.
func mergedAnswers(runs []*Report) []AcceptedAnswer {
	var out []AcceptedAnswer
	for _, r := range runs {
		for _, a := range r.Answers {
			i := slices.IndexFunc(out, func(o AcceptedAnswer) bool { return o.Event == a.Event && o.Body == a.Body })
			if i < 0 {
				out = append(out, a)
			} else {
				out[i].Deliveries += a.Deliveries
			}
		}
	}
	slices.SortStableFunc(out, func(a, b AcceptedAnswer) int { return place(a.Event) - place(b.Event) })
	return out
}
