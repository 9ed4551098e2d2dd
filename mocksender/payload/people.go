package payload

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v6"
)

// Participant is a person who may join a meeting.
type Participant struct {
	Name     string // userDisplayName, UTF-8
	CustomID string // customParticipantId, UTF-8: who the person is, across rejoins
	PeerID   string // peerId: set by Join, one for each stay
}

func (p Participant) check() error {
	for _, text := range []struct{ name, value string }{{"Name", p.Name}, {"CustomID", p.CustomID}} {
		if text.value == "" {
			return fmt.Errorf("%w: %s is empty", ErrParticipant, text.name)
		}
		if !utf8.ValidString(text.value) {
			return fmt.Errorf("%w: %s %q is not UTF-8", ErrParticipant, text.name, text.value)
		}
	}
	return nil
}

// NewParticipant returns a person whom the meeting has not returned before.
// Every second one has a name that is not written in plain Latin letters: Join
// must carry any script.
func (m *Meeting) NewParticipant() Participant { return m.people.next() }

//go:embed names.txt
var namesFile string // a script and a name on each line, with a tab between

// people invents participants.
type people struct {
	rng    *rand.Rand
	faker  *gofakeit.Faker
	others []string // names from namesFile, in this meeting's order
	count  int
	lastID int
}

func newPeople(seed uint64) *people {
	return &people{
		rng:    newRand(seed, "payload/people"),
		faker:  newFaker(seed, "payload/names"),
		lastID: 100,
	}
}

func (p *people) next() Participant {
	p.lastID += 1 + p.rng.IntN(9)
	person := Participant{CustomID: fmt.Sprintf("user-%d", p.lastID)}
	if p.count%2 == 0 {
		person.Name = p.faker.FirstName() + " " + p.faker.LastName()
	} else {
		person.Name = p.other(p.count / 2)
	}
	p.count++
	return person
}

func (p *people) other(i int) string {
	if p.others == nil {
		for line := range strings.Lines(namesFile) {
			_, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
			p.others = append(p.others, name)
		}
		p.rng.Shuffle(len(p.others), func(i, j int) { p.others[i], p.others[j] = p.others[j], p.others[i] })
	}
	return p.others[i%len(p.others)]
}

// namer invents what the meeting and its organisation are called.
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

// slug returns what a file name can carry of title.
func slug(title string) string {
	const longest = 60
	var out strings.Builder
	gap := false
	for _, r := range strings.ToLower(title) {
		if r < 'a' || r > 'z' {
			if r < '0' || r > '9' {
				gap = out.Len() > 0
				continue
			}
		}
		if out.Len() >= longest {
			break
		}
		if gap {
			out.WriteByte('-')
			gap = false
		}
		out.WriteRune(r)
	}
	if out.Len() == 0 {
		return "recording"
	}
	return out.String()
}

// newRand returns the random numbers of one concern: another stream of the
// same seed is independent of it.
func newRand(seed uint64, stream string) *rand.Rand { return rand.New(newPCG(seed, stream)) }

func newPCG(seed uint64, stream string) *rand.PCG {
	h := fnv.New64a()
	h.Write([]byte(stream))
	return rand.NewPCG(seed, h.Sum64())
}

// newFaker returns a faker over a source of our own, because gofakeit's
// constructors take the seed 0 to mean a random one.
func newFaker(seed uint64, stream string) *gofakeit.Faker {
	return gofakeit.NewCustom(oldSource{newPCG(seed, stream)})
}

// oldSource makes a source of math/rand/v2 one of math/rand.
type oldSource struct{ *rand.PCG }

func (s oldSource) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed is part of the old interface. Nothing here calls it.
func (s oldSource) Seed(seed int64) { s.PCG.Seed(uint64(seed), 0) }
