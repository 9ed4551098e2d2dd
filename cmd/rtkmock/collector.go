package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapWithoutCollection is how large the heap may grow before anything is
// collected.
const heapWithoutCollection = 24 << 20

// collectSeldom has the garbage collector run not before the heap is of some
// size. Most of what runs here keeps so little that the collector would take a
// tenth of the time. GOGC overrules it.
func collectSeldom() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(heapWithoutCollection * 100 / (4 << 20)) // 100 begin at 4 MiB
	afterCollection(new(collection))
}

// collection is garbage, so that each collection finds it.
type collection struct{ live [1]metrics.Sample }

func afterCollection(c *collection) {
	runtime.SetFinalizer(c, func(c *collection) {
		c.live[0].Name = "/gc/heap/live:bytes"
		metrics.Read(c.live[:])
		debug.SetGCPercent(percentFor(c.live[0].Value.Uint64()))
		afterCollection(c)
	})
}

// percentFor returns by how much the heap may grow beyond live bytes. A server
// that keeps as much as it may by default is to stay small, too; what is larger
// than that has its work to do.
func percentFor(live uint64) int {
	least := 40
	if live > 64<<20 {
		least = 100
	}
	return max(least, int(100*heapWithoutCollection/max(live, 1<<20))-100)
}
