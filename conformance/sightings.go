package conformance

import (
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// effect reports whether a forgery or an oddity brought something about, and
// whether that could be seen. Where deliveries share a key, what exceeds the
// genuine ones is taken for the forgeries'.
func (r *run) effect(s *Exchange) (effect, known bool) {
	if !r.seen.effects {
		return false, false
	}
	key := r.o.Target.Effects.Key(s.query)
	n, ok := r.seen.counts[key]
	stray := n - r.seen.ours[key]
	if !ok || stray < 0 || r.seen.ours[key] > 0 && r.seen.unsure[key] {
		return false, false
	}
	return stray > 0, stray > 0 || named(s)
}

// named reports whether a delivery told the target the uuid that its effect is
// counted by.
func named(s *Exchange) bool {
	return slices.ContainsFunc(rtk.HeadersBoth.Sets(), func(names rtk.HeaderSet) bool { return s.Last().Request.Field(names.UUID) != "" })
}

// tookEffect reports whether a genuine delivery was seen to take effect.
func (r *run) tookEffect(s *Exchange) bool {
	return r.seen.effects && r.seen.counts[r.o.Target.Effects.Key(s.query)] > 0
}

// effectless reports whether nothing came of a delivery whose effects were read, nor
// of any other under the same key.
func (r *run) effectless(s *Exchange) bool {
	if !r.seen.effects {
		return false
	}
	n, ok := r.seen.counts[r.o.Target.Effects.Key(s.query)]
	return ok && n == 0
}

// effectsOf returns the number of effects of a genuine delivery that shares its
// key with no other.
func (r *run) effectsOf(s *Exchange) (n int, known bool) {
	if !r.seen.effects {
		return 0, false
	}
	key := r.o.Target.Effects.Key(s.query)
	n, ok := r.seen.counts[key]
	return n, ok && r.seen.ours[key] <= 1 && (n > 0 || r.seen.types[s.Delivery.Event.Type])
}

// followed reports whether a download link of s was followed.
func (r *run) followed(s *Exchange) bool {
	for _, token := range s.links {
		if r.endpoints.Artifacts.Visits(token) > 0 {
			return true
		}
	}
	return false
}

// effectsHint says why a verdict rests on the answer alone.
func (r *run) effectsHint() string {
	if r.o.Target.Effects == nil {
		return "if the target verifies later, --effects-url can prove that nothing came of it"
	}
	return "whether it took effect could not be seen"
}
