// Command rtkmock imitates the webhooks of Cloudflare RealtimeKit and judges
// the receivers of them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

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

// heed calls interrupt on the first signal to end. After that the default
// handling is back, so that a second one ends the process at once.
func heed(interrupt func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// A terminal that is closed must not leave behind what was started. Under
	// nohup the signal stays ignored.
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	<-signals
	signal.Stop(signals)
	interrupt()
}
