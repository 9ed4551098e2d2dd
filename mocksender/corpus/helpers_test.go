package corpus_test

import (
	"crypto/rsa"
	"encoding/base64"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// testKey is made once: making one takes longer than most tests.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rtk.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
})

// cheap stands in for a signature where signing is not what is tested. It is as
// long as one.
func cheap([]byte) (string, error) {
	return base64.StdEncoding.EncodeToString(make([]byte, 256)), nil
}

func newCorpus(t testing.TB, o corpus.Options) *corpus.Corpus {
	t.Helper()
	if o.Key == nil && o.Sign == nil {
		o.Sign = cheap
	}
	c, err := corpus.New(o)
	assert.NilError(t, err)
	return c
}

// all returns the requests of a corpus.
func all(t testing.TB, o corpus.Options) []corpus.Request {
	t.Helper()
	c := newCorpus(t, o)
	var requests []corpus.Request
	for r, err := range c.All(t.Context()) {
		assert.NilError(t, err)
		requests = append(requests, r)
	}
	assert.Equal(t, len(requests), c.Len())
	return requests
}
