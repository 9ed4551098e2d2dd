package checks

import "github.com/rtkmock/rtkmock/conformance"

// Retirement is the end of a check. Its id stays listed and is never given to
// another: baselines and reports of years ago go on meaning what they meant.
type Retirement struct {
	ID      conformance.ID
	Since   string         // the release without it
	Why     string         // in one sentence
	Instead conformance.ID // what judges it now; empty if nothing does
}

// Retired returns the checks that there were once, in the order in which they
// went. The caller owns the slice.
func Retired() []Retirement { return nil }
