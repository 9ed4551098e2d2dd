package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
)

// badgeLabel is the left half of a badge.
const badgeLabel = "RealtimeKit webhooks"

// badge is what the endpoint badge of shields.io reads.
type badge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
	// IsError keeps who shows the badge from giving it another colour.
	IsError bool `json:"isError,omitempty"`
}

// writeBadge writes the JSON of a shields.io endpoint badge. It holds counts
// and words of our own, nothing of the target's. Only a run in which everything
// holds that was to be judged is green.
func writeBadge(w io.Writer, r *conformance.Report, o Options) error {
	if _, err := newView(r, o); err != nil {
		return err
	}
	return emitJSON(w, newBadge(r))
}

func newBadge(r *conformance.Report) badge {
	b := badge{SchemaVersion: 1, Label: badgeLabel, IsError: r.Outcome != conformance.Conformant}
	open := len(r.NotJudged())
	var parts []string
	switch r.Outcome {
	case conformance.Conformant:
		b.Color = "brightgreen"
		if r.Unbracketed() || r.Unexpected(conformance.Warn) > 0 || open > 0 || r.KnownViolations() > 0 {
			b.Color = "yellow"
		}
		if r.Unbracketed() {
			parts = append(parts, "refuses forgeries, unbracketed")
		} else {
			parts = append(parts, "conformant")
		}
	case conformance.Nonconformant:
		b.Color = "red"
		parts = append(parts, "not conformant")
	case conformance.Undecided:
		b.Color = "orange"
		parts = append(parts, "inconclusive")
	case conformance.Broken:
		b.Color = "lightgrey"
		parts = append(parts, "the harness failed")
	default:
		b.Color = "lightgrey"
		parts = append(parts, "no outcome")
	}
	if n := r.Unexpected(conformance.Fail); n > 0 {
		parts = append(parts, counted(n, "failure"))
	}
	if n := r.Unexpected(conformance.Warn); n > 0 {
		parts = append(parts, counted(n, "warning"))
	}
	if n := r.KnownViolations(); n > 0 {
		parts = append(parts, counted(n, "known shortfall"))
	}
	if len(r.Stale()) > 0 {
		parts = append(parts, "stale list of known shortfalls")
	}
	if open > 0 {
		parts = append(parts, fmt.Sprintf("%d MUST not judged", open))
	}
	if !r.Complete {
		parts = append(parts, "incomplete")
	}
	b.Message = strings.Join(parts, ", ")
	return b
}
