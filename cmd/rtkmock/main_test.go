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
		interrupted, restored, ended := time.Duration(-1), time.Duration(-1), time.Duration(-1)
		interruptOrExit(func() { interrupted = time.Since(began) }, func() { restored = time.Since(began) }, func() { ended = time.Since(began) })
		assert.Equal(t, interrupted, time.Duration(0))
		assert.Equal(t, restored, repeatLimit, "a wrapper passes the same Ctrl-C on")
		assert.Equal(t, ended, shutdownLimit)
	})
}
