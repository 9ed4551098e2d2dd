package diagnose

import (
	"cmp"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// order says in which order the members of objects are written: for each path,
// the place of each name. A nil order leaves them as they were found.
type order struct {
	places map[string]map[string]int
	sorted bool
}

// of returns the members of n, which stands at path, in order. What the order
// does not know comes last.
func (o order) of(path string, n *node) []*node {
	if n.kind != '{' || o.places == nil && !o.sorted {
		return n.members
	}
	members := slices.Clone(n.members)
	if o.sorted {
		slices.SortStableFunc(members, func(a, b *node) int { return cmp.Compare(a.key, b.key) })
		return members
	}
	places := o.places[path]
	place := func(m *node) int {
		if i, ok := places[m.key]; ok {
			return i
		}
		return len(places)
	}
	slices.SortStableFunc(members, func(a, b *node) int { return place(a) - place(b) })
	return members
}

// orders returns those in which root may have been signed: as it stands; the
// guide's sample of its event type, "key order differs from event to event";
// the same with the other orders that the samples have for a meeting; by name.
func orders(root *node) []order {
	out := []order{{}}
	samples := sampleOrders()
	if own := samples[rtk.EventType(eventOf(root))]; own != nil {
		out = append(out, order{places: own})
		var seen []map[string]int
		for _, t := range rtk.EventTypes() {
			meeting := samples[t]["/meeting"]
			if meeting == nil || slices.ContainsFunc(seen, func(m map[string]int) bool { return samePlaces(m, meeting) }) {
				continue
			}
			seen = append(seen, meeting)
			other := make(map[string]map[string]int, len(own))
			for path, places := range own {
				other[path] = places
			}
			other["/meeting"] = meeting
			out = append(out, order{places: other})
		}
	}
	return append(out, order{sorted: true})
}

func samePlaces(a, b map[string]int) bool {
	if len(a) != len(b) {
		return false
	}
	for name, place := range a {
		if other, ok := b[name]; !ok || other != place {
			return false
		}
	}
	return true
}

func eventOf(root *node) string {
	for _, m := range root.members {
		if m.key == "event" {
			return m.text
		}
	}
	return ""
}

// sampleOrders returns the places of names by path, for each event type, with
// the members that practice adds.
func sampleOrders() map[rtk.EventType]map[string]map[string]int {
	out := map[rtk.EventType]map[string]map[string]int{}
	events, err := payload.Lifecycle(payload.Options{Forms: []payload.Form{
		payload.FormClientSpecificID, payload.FormRoomName, payload.FormEndedAtNull, payload.FormStopReason,
	}})
	if err != nil {
		return out // not reached: the options are constants
	}
	for _, e := range events {
		// Of the recording's events the last has the most members.
		if out[e.Type] != nil && e.Type != rtk.RecordingStatusUpdate {
			continue
		}
		out[e.Type] = map[string]map[string]int{}
		parse(e.Body).placesInto(out[e.Type], "")
	}
	return out
}

func (n *node) placesInto(out map[string]map[string]int, path string) {
	if n.kind != '{' {
		return
	}
	out[path] = make(map[string]int, len(n.members))
	for i, m := range n.members {
		out[path][m.key] = i
		m.placesInto(out, path+"/"+m.key)
	}
}
