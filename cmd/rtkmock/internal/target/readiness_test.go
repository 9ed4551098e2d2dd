package target

import (
	"io"
	"net"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// publish is the address of a proxy as that of a container: it accepts connections whether
// or not an app listens behind it, and ends them if none does. Whenever it has, it says so.
func publish(t *testing.T, app string, ended func()) string {
	t.Helper()
	ln, err := ListenAnywhere(t.Context())
	assert.NilError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", app)
			if err != nil {
				_ = client.Close()
				ended()
				continue
			}
			go func() {
				_, _ = io.Copy(behind, client)
				_ = behind.Close()
			}()
			go func() {
				_, _ = io.Copy(client, behind)
				_ = client.Close()
			}()
		}
	}()
	return ln.Addr().String()
}

func TestAReceiverBehindAProxyIsReadyWhenItListens(t *testing.T) {
	t.Parallel()
	app, err := ListenApart(t.Context())
	assert.NilError(t, err)
	assert.NilError(t, app.Close())
	listens := make(chan net.Listener, 1)
	cuts := 0
	addr := publish(t, app.Addr().String(), func() {
		if cuts++; cuts != 3 {
			return
		}
		if again, err := net.Listen("tcp", app.Addr().String()); assert.Check(t, err == nil) {
			listens <- again
		}
	})

	assert.NilError(t, Accepts(addr, nil).Look(t.Context(), 0), "whoever asks for no more than that is taken in")
	assert.NilError(t, Keeps(addr, nil).Wait(t.Context(), nil, time.Minute, nil))
	select {
	case app := <-listens:
		assert.NilError(t, app.Close())
	default:
		t.Error("it was ready before its receiver listened")
	}
}

func TestAProxyWithoutAReceiverIsNamed(t *testing.T) {
	t.Parallel()
	app, err := ListenApart(t.Context())
	assert.NilError(t, err)
	assert.NilError(t, app.Close())
	addr := publish(t, app.Addr().String(), func() {})
	err = Keeps(addr, nil).Wait(t.Context(), nil, 100*time.Millisecond, nil)
	assert.Error(t, err, addr+" keeps no connection open (a proxy without a receiver behind it?)")
	err = Keeps(app.Addr().String(), nil).Wait(t.Context(), nil, 100*time.Millisecond, nil)
	assert.Error(t, err, app.Addr().String()+" accepts no connection")
}
