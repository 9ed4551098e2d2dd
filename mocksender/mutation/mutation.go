package mutation

import (
	"errors"
	"strings"
)

// ErrNotApplicable is wrapped by a mutation's error where this delivery cannot
// be changed that way: no padding to leave out, no text to change a letter of.
var ErrNotApplicable = errors.New("does not apply to this delivery")

// Mutation is one named change of a signed request.
type Mutation struct {
	ID  string // "signature/other-key", "body/flip-byte", …
	Doc string // one sentence: what is changed, and what that imitates
	// Changes are the parts of the request that Apply changes. Zero: the one
	// that the ID's first word names.
	Changes WirePart
	Apply   func(*Wire) error
}

// FreshConnection is the ID of a mutation that gives a request a connection of its own,
// which every sender may do.
const FreshConnection = "framing/fresh-connection"

// Parts returns what m declares to change: Changes, or what the ID's first word
// says, or anything where neither says so.
func (m Mutation) Parts() WirePart {
	if m.Changes != 0 {
		return m.Changes
	}
	kind, _, _ := strings.Cut(m.ID, "/")
	if p, ok := map[string]WirePart{
		"method":     PartMethod,
		"signature":  PartSignature,
		"uuid":       PartUUID,
		"webhook-id": PartWebhookID,
		"header":     PartHeader,
		"body":       PartBody,
		"framing":    PartFraming,
	}[kind]; ok {
		return p
	}
	return anyPart
}
