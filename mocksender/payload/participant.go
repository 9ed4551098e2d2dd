package payload

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Participant is a person who may join a meeting.
type Participant struct {
	Name     string `json:"name"`      // userDisplayName, UTF-8
	CustomID string `json:"custom_id"` // customParticipantId, UTF-8: who the person is, across rejoins
	PeerID   string `json:"peer_id"`   // peerId: set by Join, one for each stay
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

//go:embed names.txt
var namesFile string // a script and a name on each line, with a tab between

// people invents participants.
type people struct {
	rng    *rand.Rand
	faker  faker
	plain  bool     // names are ASCII
	others []string // names from namesFile, in this meeting's order
	count  int
	lastID int
}

func newPeople(seed uint64, plain bool) *people {
	return &people{
		rng:    newRand(seed, "payload/people"),
		faker:  newFaker(seed, "payload/names"),
		plain:  plain,
		lastID: 100,
	}
}

func (p *people) next() Participant {
	p.lastID += 1 + p.rng.IntN(9)
	person := Participant{CustomID: fmt.Sprintf("user-%d", p.lastID)}
	if p.plain || p.count%2 == 0 {
		person.Name = p.faker.firstName() + " " + p.faker.lastName()
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
