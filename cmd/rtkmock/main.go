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
)

func main() { os.Exit(run()) }

func run() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// Beside everything else: it starts threads, which takes a good part of the
	// time to the first answer.
	go heed(cancel)
	return cli.Main(ctx, os.Args[1:], os.Environ(), cli.OSStreams())
}

// patience is how long Main may take to return once it has been interrupted:
// longer than what it started may take to end.
const patience = 10 * time.Second

// heed calls interrupt on the first signal to end. After that the default
// handling is back, so that a second one ends the process at once.
func heed(interrupt func()) {
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
	signal.Stop(signals)
	insist(interrupt, func() { os.Exit(cli.ExitInterrupted) })
}

// insist calls interrupt, and end where that was not heeded: a file that is
// being opened, such as a pipe that nobody writes to, hears of no context.
func insist(interrupt, end func()) {
	interrupt()
	time.Sleep(patience)
	end()
}
