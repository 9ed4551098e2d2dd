package rtk

import (
	"fmt"
	"math/rand/v2"
	"sync"
)

// IDs hands out version 4 UUIDs in a sequence that its seed fixes. It is safe
// for concurrent use; the order of concurrent callers is not fixed.
type IDs struct {
	mu  sync.Mutex
	rng *rand.Rand
}

// NewIDs returns the sequence of seed and stream. Equal arguments give equal
// sequences; another stream of the same seed is independent of it.
func NewIDs(seed uint64, stream string) *IDs {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(stream) {
		h = (h ^ uint64(stream[i])) * 1099511628211
	}
	return &IDs{rng: rand.New(rand.NewPCG(seed, h))}
}

// Next returns the next UUID, in lower case.
func (g *IDs) Next() string {
	g.mu.Lock()
	hi, lo := g.rng.Uint64(), g.rng.Uint64()
	g.mu.Unlock()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(0b11<<62) | 0b10<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)
}
