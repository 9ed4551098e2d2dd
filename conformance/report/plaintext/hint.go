package plaintext

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// effectsHint says how the target could report its effects. Code keeps its lines, so
// that it can be copied.
func (w *writer) effectsHint(h *conformance.EffectsHint) {
	if h == nil {
		return
	}
	where := ""
	if len(h.Code) > 0 {
		where = fmt.Sprintf(" In %s (recognised by %s) that takes these lines:", printable.Line(h.Stack), printable.Line(h.By))
	}
	w.section("what came of the deliveries was not seen", []string{
		printable.Count(h.Checks, "check") + " would see more, such as events that are lost or done twice, if the receiver reported what it does." + where,
	})
	w.gap()
	for _, line := range h.Code {
		w.line("    " + printable.Line(strings.ReplaceAll(line, "\t", "    ")))
	}
	w.gap()
	w.row("", 2, printable.Text(h.Then))
}
