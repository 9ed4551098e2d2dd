package process

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestSignsOfADefectAreFoundInALongOutput(t *testing.T) {
	const raceReport = "==================\nWARNING: DATA RACE\nRead at 0x00c000012345 by goroutine 8:\n  runtime.mapaccess1()\n      /usr/local/go/src/runtime/map.go:380 +0x0\n  main.hook()\n      /app/hook.go:17 +0x1d\n\nPrevious write at 0x00c000012345 by goroutine 7:\n  main.hook()\n      /app/hook.go:21 +0x2a\n==================\n"
	for _, c := range []struct{ output, want, reason string }{
		{"listening\n" + raceReport, "WARNING: DATA RACE (/app/hook.go:17)", "Go, with its first own place"},
		{raceReport + strings.Repeat("x\n", 300_000) + raceReport, "WARNING: DATA RACE (/app/hook.go:17), 2 times in all", "more than a tail holds"},
		{"(node:7) UnhandledPromiseRejectionWarning: Error: boom\n", "UnhandledPromiseRejectionWarning: Error: boom", "Node that goes on"},
		{"ERROR:asyncio:Task exception was never retrieved\nfuture: <Task>\n", "Task exception was never retrieved", "work behind the answer, in Python"},
		{"app.py:9: RuntimeWarning: coroutine 'store' was never awaited\n", "RuntimeWarning: coroutine 'store' was never awaited", "work that is never done"},
		{strings.Repeat("y", 1<<20) + " WARNING: DATA RACE\nERROR: Exception in ASGI application\nlog: WARNING: DATA RACE is what it would print\n", "", "no sign, or an answer shows it"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			var s Signs
			for text := c.output; text != ""; { // in pieces, as a pipe delivers it
				n := min(len(text), 1021)
				fmt.Fprint(&s, text[:n])
				text = text[n:]
			}
			assert.Equal(t, strings.Join(s.Found(), " | "), c.want)
			assert.Assert(t, cap(s.line) <= 2*maxSignLine)
		})
	}
}
