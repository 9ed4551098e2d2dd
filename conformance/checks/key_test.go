package checks_test

import (
	"crypto/rsa"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// testKey is one key for all tests of the process: making one takes longer
// than most of them.
func testKey() (*rsa.PrivateKey, error) { return theKey() }

// nextKey is what a run changes to.
func nextKey() (*rsa.PrivateKey, error) { return thirdKey() }

// attackerKey is another one, for the same reason.
func attackerKey() (*rsa.PrivateKey, error) { return otherKey() }

var (
	theKey   = sync.OnceValues(rtk.GenerateKey)
	otherKey = sync.OnceValues(rtk.GenerateKey)
	thirdKey = sync.OnceValues(rtk.GenerateKey)
)
