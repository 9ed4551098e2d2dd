package diagnose_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/diagnose"
)

// No vector that a verifier must refuse is called valid, and each is given a
// reason.
func TestEveryInvalidVectorIsGivenAReason(t *testing.T) {
	file, err := fixtures.LoadVectors()
	assert.NilError(t, err)
	for _, g := range file.Groups {
		key, err := diagnose.ReadKey([]byte(g.Key.PEM))
		assert.NilError(t, err)
		for _, v := range g.Tests {
			r := diagnosed(t, diagnose.Case{Body: v.Bytes(), Signature: v.Signature, Key: key})
			assert.Equal(t, r.Valid, v.Result == fixtures.Valid, "vector %d is %s: %s", v.ID, v.Result, v.Comment)
			assert.Equal(t, len(r.Findings) == 0, r.Valid, "vector %d: %s", v.ID, v.Comment)
		}
	}
}
