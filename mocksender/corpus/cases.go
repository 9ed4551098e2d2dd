package corpus

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Cases returns all cases, by event in the order of the guide's table, the
// sample first. The caller owns the slice.
func Cases() []Case {
	var all []Case
	for _, t := range rtk.EventTypes() {
		all = append(all, Case{
			Name: "sample", Event: t, Basis: Documented, Doc: "The shape of the guide's sample.",
			make: func(r *round) ([]byte, error) { return r.sample(t) },
		})
	}
	all = append(all, valueCases()...)
	all = append(all, formCases()...)
	all = append(all, textCases()...)
	all = append(all, wireCases()...)
	all = append(all, headerCases()...)
	order := append(rtk.EventTypes(), unknownEvent)
	slices.SortStableFunc(all, func(a, b Case) int { return slices.Index(order, a.Event) - slices.Index(order, b.Event) })
	return all
}

// CaseNames returns the names of all cases, each once, in order.
func CaseNames() []string {
	var names []string
	for _, c := range Cases() {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

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
