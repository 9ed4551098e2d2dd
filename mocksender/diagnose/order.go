package diagnose

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// order returns the members of the object at path in the order in which they
// are written.
type order func(path string, members []*node) []*node

// orders returns those in which root may have been signed: as it stands; in the
// guide's sample of its event type, "key order differs from event to event"; the
// same with the other orders that the samples have for a meeting; by name.
func orders(root *node) []order {
	out := []order{func(_ string, members []*node) []*node { return members }}
	samples := sampleNames()
	if own := samples[root.event()]; own != nil {
		out = append(out, own.order)
		var seen [][]string
		for _, t := range rtk.EventTypes() {
			meeting := samples[t]["meeting"]
			if meeting == nil || slices.ContainsFunc(seen, func(names []string) bool { return slices.Equal(names, meeting) }) {
				continue
			}
			seen = append(seen, meeting)
			other := maps.Clone(own)
			other["meeting"] = meeting
			out = append(out, other.order)
		}
	}
	return append(out, func(_ string, members []*node) []*node {
		return slices.SortedStableFunc(slices.Values(members), func(a, b *node) int { return cmp.Compare(a.key, b.key) })
	})
}

// memberNames are the names of the members of each object, in order, by path.
type memberNames map[string][]string

// order puts members that it does not know last.
func (m memberNames) order(path string, members []*node) []*node {
	names := m[path]
	place := func(n *node) int {
		if i := slices.Index(names, n.key); i >= 0 {
			return i
		}
		return len(names)
	}
	return slices.SortedStableFunc(slices.Values(members), func(a, b *node) int { return place(a) - place(b) })
}

// sampleNames returns the names in the sample of each event type, with the
// members that practice adds.
func sampleNames() map[rtk.EventType]memberNames {
	out := map[rtk.EventType]memberNames{}
	events, err := payload.Lifecycle(payload.Options{Forms: []payload.Form{
		payload.FormClientSpecificID, payload.FormRoomName, payload.FormEndedAtNull, payload.FormStopReason,
	}})
	if err != nil {
		return out // not reached: the options are constants
	}
	for _, e := range events {
		// Of the recording's events the last has the most members.
		if out[e.Type] == nil || e.Type == rtk.RecordingStatusUpdate {
			out[e.Type] = memberNames{}
			out[e.Type].add("", parse(e.Body))
		}
	}
	return out
}

func (m memberNames) add(path string, n *node) {
	for _, member := range n.members {
		if n.kind == '{' {
			m[path] = append(m[path], member.key)
		}
		m.add(join(path, member.key), member)
	}
}
