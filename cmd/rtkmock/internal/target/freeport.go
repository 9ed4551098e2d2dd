package target

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
)

// Ports that no system gives to who asks for any: Linux has 32768 and more for that,
// the others 49152 and more.
const (
	firstApart = 20_000
	portsApart = 10_000
)

// ListenApart takes a free port for a program that is started later. Once it is freed,
// nobody gets it who asks for any port: while the program starts, that could be a
// server, which would be judged in its place.
func ListenApart(ctx context.Context) (net.Listener, error) {
	for range 50 {
		if ln, err := listen(ctx, firstApart+rand.IntN(portsApart)); err == nil {
			return ln, nil
		}
	}
	return ListenAnywhere(ctx) // better than none
}

// ListenAnywhere takes a free port of this machine.
func ListenAnywhere(ctx context.Context) (net.Listener, error) {
	ln, err := listen(ctx, 0)
	if err != nil && ctx.Err() != nil {
		return nil, exit.ErrInterrupted
	}
	return ln, err
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}
