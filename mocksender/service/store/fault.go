package store

import "github.com/rtkmock/rtkmock/mocksender"

// Fault is one thing that goes wrong on the way, in the words of
// mocksender.ParseFault.
type Fault struct {
	Attempt int     `json:"attempt,omitempty"` // 0: every attempt
	Fault   string  `json:"fault"`
	Chance  float64 `json:"chance,omitempty"` // 0 stands for 1
}

// Faults returns the faults of a plan.
func Faults(plan mocksender.FaultPlan) []Fault {
	var out []Fault
	for _, f := range plan {
		out = append(out, Fault{f.Attempt, f.String(), f.Chance})
	}
	return out
}

// Plan returns the plan that the faults stand for.
func Plan(faults []Fault) (mocksender.FaultPlan, error) {
	var plan mocksender.FaultPlan
	for _, f := range faults {
		parsed, err := mocksender.ParseFault(f.Fault)
		if err != nil {
			return nil, err
		}
		parsed.Attempt, parsed.Chance = f.Attempt, f.Chance
		plan = append(plan, parsed)
	}
	return plan, nil
}
