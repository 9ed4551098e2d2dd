package main

import (
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"
)

func TestAnInterruptThatIsIgnoredEndsTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		interrupted, ended := time.Duration(-1), time.Duration(-1)
		interruptOrExit(func() { interrupted = time.Since(began) }, func() { ended = time.Since(began) })
		assert.Equal(t, interrupted, time.Duration(0))
		assert.Equal(t, ended, shutdownLimit)
	})
}
