package mutation

// Mutation is one named change of a signed request.
type Mutation struct {
	ID  string // "signature/other-key", "body/flip-byte", …
	Doc string // one sentence: what is changed, and what that imitates
	// Changes are the parts of the request that Apply changes. Zero: the one
	// that the ID's first word names.
	Changes WirePart
	Apply   func(*Wire) error
}
