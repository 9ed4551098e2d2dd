// Command rtkmock imitates the webhooks of Cloudflare RealtimeKit and judges
// the receivers of them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

func main() {
	if supervisor.Requested(os.Args) {
		os.Exit(supervisor.Main()) // it ends a command whatever becomes of its rtkmock
	}
	os.Exit(run())
}

func run() int {
	collectSeldom()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// In the background: it starts threads, which takes a good part of the time to
	// the first answer.
	go awaitSignal(cancel)
	return cli.Main(ctx, os.Args[1:], os.Environ(), terminal.OS())
}

// repeatLimit is how long a second signal counts as the first one. A terminal sends
// a Ctrl-C to every process in the foreground, and some of them, such as npx, pass it
// on to rtkmock as well.
const repeatLimit = 500 * time.Millisecond

// shutdownLimit is how long Main may take to return after an interruption: longer
// than what it started may take to end.
const shutdownLimit = 10 * time.Second

// awaitSignal calls interrupt on the first signal to end. Soon after that the default
// handling is back, so that a second one ends the process at once.
func awaitSignal(interrupt func()) {
	signals := make(chan os.Signal, 1)
	// SIGQUIT, too, must not leave behind what was started; a second one prints
	// the goroutines.
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	// A terminal that is closed must not leave behind what was started. Under
	// nohup the signal stays ignored.
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	<-signals
	interruptOrExit(interrupt, func() { signal.Stop(signals) }, func() { os.Exit(exit.Interrupted) })
}

// interruptOrExit calls interrupt, restore once a second signal is one of its own,
// and exit if the process is still there later: opening a file that blocks, such as a
// pipe that nobody writes to, ignores the context.
func interruptOrExit(interrupt, restore, exit func()) {
	interrupt()
	time.Sleep(repeatLimit)
	restore()
	time.Sleep(shutdownLimit - repeatLimit)
	exit()
}
