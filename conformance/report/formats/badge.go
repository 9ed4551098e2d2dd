package formats

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// badge is what the endpoint badge of shields.io reads.
type badge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
	// IsError keeps who shows the badge from giving it another colour.
	IsError bool `json:"isError,omitempty"`
}

// badgeJSON returns the JSON of a shields.io endpoint badge. It holds counts and
// words of our own, nothing of the target's.
func badgeJSON(d *report.Document) (string, error) { return indentedJSON(newBadge(d)) }

// newBadge is green only if everything holds that was to be judged.
func newBadge(d *report.Document) badge {
	b := badge{SchemaVersion: 1, Label: "RealtimeKit webhooks", Color: "lightgrey", IsError: d.Outcome != conformance.Conformant}
	word := "no outcome"
	switch d.Outcome {
	case conformance.Conformant:
		b.Color, word = "brightgreen", "conformant"
		if d.Tone() != report.Good || d.Unbracketed() || d.Unexpected(conformance.Warn) > 0 {
			b.Color = "yellow"
		}
		if d.Unbracketed() {
			word = "refuses forgeries, unbracketed"
		}
	case conformance.Nonconformant:
		b.Color, word = "red", "not conformant"
	case conformance.Undecided:
		b.Color, word = "orange", "inconclusive"
	case conformance.Broken:
		word = "the harness failed"
	}
	parts := []string{word}
	add := func(n int, noun string) {
		if n > 0 {
			parts = append(parts, printable.Count(n, noun))
		}
	}
	add(d.Unexpected(conformance.Fail), "failure")
	add(d.Unexpected(conformance.Warn), "warning")
	add(d.Summary.Known, "known violation")
	if len(d.Stale()) > 0 {
		parts = append(parts, "stale list of known violations")
	}
	if n := d.Summary.MustNotJudged; n > 0 {
		parts = append(parts, fmt.Sprintf("%d MUST not judged", n))
	}
	if !d.Complete {
		parts = append(parts, "incomplete")
	}
	b.Message = strings.Join(parts, ", ")
	return b
}
