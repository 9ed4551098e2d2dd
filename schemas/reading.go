package schemas

// Reading says how much a schema admits. The zero value is Open.
type Reading int

const (
	// Open admits what the guide documents, unknown members, and the forms
	// that only practice shows. Formats such as uuid are not asserted.
	Open Reading = iota
	// Strict admits what rtkmock generates in the form of the guide's samples:
	// no unknown member, no form of practice, formats asserted.
	Strict
)

// String returns "open" or "strict".
func (r Reading) String() string {
	if r == Strict {
		return "strict"
	}
	return "open"
}
