package mocksender

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"gotest.tools/v3/assert"
)

// The oldest signatures give way, each entry once, round after round.
func TestRememberedSignaturesAreBounded(t *testing.T) {
	s := NewSignatures()
	of := func(n int) signatureOf {
		return signatureOf{body: sha256.Sum256(binary.AppendUvarint(nil, uint64(n)))}
	}
	for n := range 3*maxSignatures + 10 {
		made := s.entry(of(n))
		assert.Assert(t, s.entry(of(n)) == made, "an entry is found again")
		assert.Assert(t, len(s.known) <= maxSignatures)
		if n >= maxSignatures {
			assert.Assert(t, s.known[of(n-maxSignatures)] == nil, "the oldest is gone")
			assert.Assert(t, s.known[of(n-maxSignatures+1)] != nil, "the next is not")
		}
	}
	assert.Equal(t, len(s.known), maxSignatures)
}
