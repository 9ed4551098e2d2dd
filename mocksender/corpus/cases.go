package corpus

import (
	"slices"

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
