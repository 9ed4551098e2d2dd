package rtk_test

import (
	"crypto/rsa"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Keys cost a tenth of a second each, so the tests share three. None is
// stored anywhere.
var (
	firstKey  = sync.OnceValues(rtk.GenerateKey)
	secondKey = sync.OnceValues(rtk.GenerateKey)
	thirdKey  = sync.OnceValues(rtk.GenerateFastKey)
)

func testKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := firstKey()
	assert.NilError(t, err)
	return key
}

func otherKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := secondKey()
	assert.NilError(t, err)
	return key
}

func fastKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := thirdKey()
	assert.NilError(t, err)
	return key
}
