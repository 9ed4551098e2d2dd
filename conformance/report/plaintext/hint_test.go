package plaintext

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

func TestTheHintOfEffectsCanBeCopiedAndIsNoLastWord(t *testing.T) {
	d := fixture(t)
	d.EffectsHint = &conformance.EffectsHint{
		Checks: 3, Stack: "Flask", By: "requirements.txt", Then: "Then add a flag.",
		// A report may come from anywhere.
		Code: []string{"func f() {", "\tif " + strings.Repeat("long ", 30) + "{", "\x1b[2J", "}"},
	}
	for _, width := range []int{MinWidth, DefaultWidth} {
		text := Run(d, Options{Width: width})
		assert.Assert(t, strings.Contains(text, "\n\n    func f() {\n        if "+strings.Repeat("long ", 30)+"{\n"), "lines of code stay whole:\n%s", text)
		assert.Assert(t, strings.Contains(text, `\x1b[2J`) && !strings.Contains(text, "\x1b"), text)
		without := Run(fixture(t), Options{Width: width})
		last := without[strings.LastIndex(without, "\n\n"):]
		assert.Assert(t, strings.HasSuffix(text, last), "the verdict ends it:\n%s", text)
	}
	d.EffectsHint.Code, d.EffectsHint.Stack = nil, ""
	text := Run(d, Options{})
	assert.Assert(t, strings.Contains(text, "3 checks would see more") && !strings.Contains(text, "recognised by"), text)
}
