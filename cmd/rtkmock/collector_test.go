package main

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestHeapGrowsMoreWhileItIsSmall(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		live    uint64
		percent int
		reason  string
	}{
		{0, 2300, "nothing was collected yet"},
		{2 * mib, 1100, "up to the 24 MiB"},
		{12 * mib, 100, "the same"},
		{30 * mib, 40, "what a server keeps by default: no more than it needs"},
		{64 * mib, 40, "the same"},
		{100 * mib, 100, "as Go does"},
		{1 << 40, 100, "whatever the size"},
	} {
		assert.Equal(t, percentFor(tt.live), tt.percent, tt.reason)
	}
}
