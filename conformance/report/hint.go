package report

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// Hint says how the target could report its effects, so that more can be judged.
type Hint struct {
	Title, Lead string
	Code        string // lines to be copied; empty where the stack is not recognised
	Then        string // what to do with them
}

// Hint returns nil if the target reports its effects, or if that would change nothing.
func (d *Document) Hint() *Hint {
	h := d.EffectsHint
	if h == nil {
		return nil
	}
	hint := &Hint{
		Title: "What came of the deliveries was not seen",
		Lead:  printable.Count(h.Checks, "check") + " would see more, such as events that are lost or done twice, if the receiver reported what it does.",
		Then:  printable.Text(h.Then),
	}
	if len(h.Code) > 0 {
		hint.Lead += fmt.Sprintf(" In %s (recognised by %s) that takes these lines:", printable.Line(h.Stack), printable.Line(h.By))
	}
	var lines []string
	for _, line := range h.Code {
		lines = append(lines, printable.Line(strings.ReplaceAll(line, "\t", "    ")))
	}
	hint.Code = strings.Join(lines, "\n")
	return hint
}
