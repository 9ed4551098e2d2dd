package mocksender_test

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func TestSignatureIsFoundAndReplacedInAnySpelling(t *testing.T) {
	w := &mutation.Wire{
		Header:         http.Header{"RTK-signature": {"b"}, "RTK-Signature": {"a"}, "rtk-Signature": {"c"}},
		SignatureNames: []string{"rtk-signature", "dyte-signature"},
	}
	for range 20 { // a map's order differs from time to time
		assert.Equal(t, w.Signature(), "a")
		assert.Equal(t, mocksender.Request{Header: w.Header}.Field("RTK-SIGNATURE"), "a")
	}
	w.SetSignature("x", "y")
	assert.DeepEqual(t, w.Header, http.Header{"RTK-Signature": {"x", "y"}, "dyte-signature": {"x", "y"}})

	w.Header["dyte-signature"][0] = "z"
	assert.Equal(t, w.Signature(), "x", "the names do not share their values")
	w.SetSignature()
	assert.Equal(t, len(w.Header), 0)
	assert.Equal(t, w.Signature(), "")
	assert.Equal(t, mocksender.Request{}.Field("rtk-signature"), "")
}

func TestDeliveryWithMutationsIsNotGenuine(t *testing.T) {
	d := sampleDelivery()
	assert.Assert(t, d.Genuine())
	d.Mutations = mutation.All(mutation.Options{})[:1]
	assert.Assert(t, !d.Genuine())
	assert.Equal(t, mocksender.Receipt{}.Last().N, 0)
}
