package conformance

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestAnOverallJudgementNeedsItsMark(t *testing.T) {
	for _, marked := range []bool{true, false} {
		c := must("sig/x", func(p *Probe) {
			p.Forgeries()
		})
		c.Overall = marked
		v := conclude(t, options(t, &target{answer: good}, c)).Verdicts[0]
		assert.Equal(t, v.Status == Error, !marked, v.Reason)
	}
}
