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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the default handling is back, so that a second
	// one ends the process at once.
	context.AfterFunc(ctx, stop)
	return cli.Main(ctx, os.Args[1:], os.Environ(), cli.OSStreams())
}
