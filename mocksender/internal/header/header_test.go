package header_test

import (
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
)

func TestFieldsAreFoundInAnySpelling(t *testing.T) {
	h := http.Header{"X-B": {"2"}, "x-b": {"1"}, "X-Gone": nil}
	for range 20 { // a map's order differs from time to time
		assert.Equal(t, header.Key(h, "X-b"), "X-B", "the first in order")
	}
	assert.DeepEqual(t, header.Values(h, "x-b"), []string{"1"})
	assert.Assert(t, header.Has(h, "x-gone"))
	assert.Assert(t, !header.Has(h, "x-other"))
	assert.DeepEqual(t, header.Names(h), []string{"X-B", "X-Gone", "x-b"})
}

func TestOverlayReplacesInAnySpelling(t *testing.T) {
	h := http.Header{"X-A": {"1"}, "x-a": {"2"}, "X-B": {"3"}, "X-C": {"4"}}
	over := http.Header{"X-a": {"5", "6"}, "x-b": nil}
	header.Overlay(h, over)
	assert.DeepEqual(t, h, http.Header{"X-a": {"5", "6"}, "X-C": {"4"}})
	h["X-a"][0] = "changed"
	assert.Equal(t, over["X-a"][0], "5", "the values are not shared")
}

func TestTrimKeepsWhatMattersToASenderFirst(t *testing.T) {
	small := http.Header{"A": {"1"}, "Location": {"/"}}
	assert.DeepEqual(t, header.Trim(small, 100), small)
	large := http.Header{
		"A": {strings.Repeat("a", 50)}, "B": {"b1", strings.Repeat("b", 50), "b2"},
		"Location": {"/elsewhere"}, "Retry-After": {"1"},
	}
	assert.DeepEqual(t, header.Trim(large, 50), http.Header{"Location": {"/elsewhere"}, "Retry-After": {"1"}, "B": {"b1", "b2"}})
	assert.DeepEqual(t, header.Trim(large, 0), http.Header{})
}

func TestCheckRefusesWhatWouldEndTheHeader(t *testing.T) {
	assert.NilError(t, header.Check(http.Header{"X-A": {"", " odd \t", "\xff"}}))
	assert.ErrorContains(t, header.Check(http.Header{"X A": {"1"}}), "not a token")
	assert.ErrorContains(t, header.Check(http.Header{"": {"1"}}), "not a token")
	for _, value := range []string{"a\r\nb", "a\nb", "a\x00b"} {
		assert.ErrorContains(t, header.Check(http.Header{"X-A": {value}}), "the value of the header X-A")
	}
}
