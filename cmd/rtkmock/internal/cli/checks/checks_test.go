package checks

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/checks"
)

func TestARetiredCheckSaysWhy(t *testing.T) {
	text, ok := retirement([]checks.Retirement{{ID: "sig/old", Since: "1.2.0", Why: "Nobody can do that.", Instead: "sig/pss"}}, "sig/old")
	assert.Assert(t, ok)
	assert.Equal(t, text, "sig/old is retired since 1.2.0: Nobody can do that. See sig/pss")
	_, ok = retirement(nil, "sig/old")
	assert.Assert(t, !ok)
}
