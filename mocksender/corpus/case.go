package corpus

import (
	"fmt"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Basis says how surely the real service sends a case.
type Basis string

const (
	Documented Basis = "documented" // a sentence or a sample of the guide
	Inferred   Basis = "inferred"   // it follows from two sentences of the guide, or from its standards
	Practice   Basis = "practice"   // seen in other public documents or in public receivers
)

// Case is one notable form of one event. A receiver must accept all of them.
type Case struct {
	Name  string // "sample", "host-ended-meeting"; the same word in several events means the same
	Event rtk.EventType
	Basis Basis
	Doc   string // what it is for, in one sentence

	make   func(*round) ([]byte, error)
	names  rtk.HeaderNames
	header func(http.Header) http.Header // nil: the usual one
}

// ID returns EVENT/NAME, which no other case has.
func (c Case) ID() string { return string(c.Event) + "/" + c.Name }

// Body renders the case as part of the meeting that o fixes. Errors match
// payload's ErrOptions.
func (c Case) Body(o payload.Options) ([]byte, error) {
	body, err := c.make(newRound(o))
	if err != nil {
		return nil, fmt.Errorf("corpus: %s: %w", c.ID(), err)
	}
	return body, nil
}
