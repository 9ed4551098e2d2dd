package payload

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"github.com/brianvoe/gofakeit/v6"
)

// namer invents the names of the meeting and of its organisation.
type namer struct{ faker *gofakeit.Faker }

func newNamer(seed uint64) namer { return namer{newFaker(seed, "payload/meeting")} }

func (n namer) organization() string {
	return n.faker.LastName() + " " + n.faker.CompanySuffix()
}

func (n namer) title() string {
	pace := n.faker.RandomString([]string{"Weekly", "Daily", "Monthly", "Quarterly", "First"})
	kind := n.faker.RandomString([]string{"sync", "review", "planning", "stand-up", "retrospective"})
	return pace + " " + strings.ToLower(n.faker.JobLevel()) + " " + kind
}

// newRand returns the random numbers for one purpose. Two streams of a seed are
// independent of each other.
func newRand(seed uint64, stream string) *rand.Rand { return rand.New(newPCG(seed, stream)) }

func newPCG(seed uint64, stream string) *rand.PCG {
	h := fnv.New64a()
	h.Write([]byte(stream))
	return rand.NewPCG(seed, h.Sum64())
}

// newFaker returns a faker with a source of our own, because gofakeit's
// constructors use a random seed in place of 0.
func newFaker(seed uint64, stream string) *gofakeit.Faker {
	return gofakeit.NewCustom(oldSource{newPCG(seed, stream)})
}

// oldSource is a source of math/rand that draws from math/rand/v2.
type oldSource struct{ *rand.PCG }

func (s oldSource) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed is part of the interface of math/rand. Nothing here calls it.
func (s oldSource) Seed(seed int64) { s.PCG.Seed(uint64(seed), 0) }
