package mocksender_test

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func TestFieldIsFoundInAnySpelling(t *testing.T) {
	r := mocksender.Request{Header: http.Header{"RTK-signature": {"b"}, "RTK-Signature": {"a"}, "rtk-Signature": {"c"}}}
	for range 20 { // a map's order differs from time to time
		assert.Equal(t, r.Field("RTK-SIGNATURE"), "a")
	}
	assert.Equal(t, mocksender.Request{}.Field("rtk-signature"), "")
}

func TestDeliveryWithMutationsIsNotGenuine(t *testing.T) {
	d := sendertest.SampleDelivery()
	assert.Assert(t, d.Genuine())
	d.Mutations = mutation.All(mutation.Options{})[:1]
	assert.Assert(t, !d.Genuine())
	assert.Equal(t, mocksender.Receipt{}.Last().N, 0)
}
