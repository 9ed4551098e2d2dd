package payload

import (
	"hash/fnv"
	oldrand "math/rand"
	"math/rand/v2"
	"strings"

	"github.com/brianvoe/gofakeit/v6/data"
)

// faker draws from gofakeit's lists, as gofakeit does. It imports the lists alone:
// the rest of gofakeit keeps all its lists, and templates, in every program.
type faker struct{ rng *oldrand.Rand }

// newFaker returns a faker for one purpose, like newRand.
func newFaker(seed uint64, stream string) faker {
	return faker{oldrand.New(oldSource{newPCG(seed, stream)})}
}

func (f faker) oneOf(list []string) string { return list[f.rng.Intn(len(list))] }
func (f faker) firstName() string          { return f.oneOf(data.Person["first"]) }
func (f faker) lastName() string           { return f.oneOf(data.Person["last"]) }

// namer invents the names of the meeting and of its organisation.
type namer struct{ faker faker }

func newNamer(seed uint64) namer { return namer{newFaker(seed, "payload/meeting")} }

func (n namer) organization() string {
	return n.faker.lastName() + " " + n.faker.oneOf(data.Company["suffix"])
}

func (n namer) title() string {
	pace := n.faker.oneOf([]string{"Weekly", "Daily", "Monthly", "Quarterly", "First"})
	kind := n.faker.oneOf([]string{"sync", "review", "planning", "stand-up", "retrospective"})
	return pace + " " + strings.ToLower(n.faker.oneOf(data.Job["level"])) + " " + kind
}

// newRand returns the random numbers for one purpose. Two streams of a seed are
// independent of each other.
func newRand(seed uint64, stream string) *rand.Rand { return rand.New(newPCG(seed, stream)) }

func newPCG(seed uint64, stream string) *rand.PCG {
	h := fnv.New64a()
	h.Write([]byte(stream))
	return rand.NewPCG(seed, h.Sum64())
}

// oldSource is a source of math/rand that draws from math/rand/v2.
type oldSource struct{ *rand.PCG }

func (s oldSource) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed is part of the interface of math/rand. Nothing here calls it.
func (s oldSource) Seed(seed int64) { s.PCG.Seed(uint64(seed), 0) }
