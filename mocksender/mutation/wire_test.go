package mutation_test

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func TestSignatureIsFoundAndReplacedInAnySpelling(t *testing.T) {
	w := &mutation.Wire{
		Header:         http.Header{"RTK-signature": {"b"}, "RTK-Signature": {"a"}, "rtk-Signature": {"c"}},
		SignatureNames: []string{"rtk-signature", "dyte-signature"},
	}
	for range 20 { // a map's order differs from time to time
		assert.Equal(t, w.Signature(), "a")
	}
	w.SetSignature("x", "y")
	assert.DeepEqual(t, w.Header, http.Header{"RTK-Signature": {"x", "y"}, "dyte-signature": {"x", "y"}})

	w.Header["dyte-signature"][0] = "z"
	assert.Equal(t, w.Signature(), "x", "the names do not share their values")
	w.SetSignature()
	assert.Equal(t, len(w.Header), 0)
	assert.Equal(t, w.Signature(), "")
}
