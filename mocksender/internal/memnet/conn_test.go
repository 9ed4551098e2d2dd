package memnet_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
)

var (
	_ net.Conn     = (*memnet.Conn)(nil)
	_ net.Listener = (*memnet.Listener)(nil)
)

func pipe(t *testing.T) (a, b *memnet.Conn) {
	t.Helper()
	a, b = memnet.Pipe("a:1", "b:2")
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return a, b
}

func TestWriteDoesNotWaitForTheRead(t *testing.T) {
	a, b := pipe(t)
	n, err := a.Write([]byte("hello"))
	assert.NilError(t, err)
	assert.Equal(t, n, 5)
	n, err = a.Write([]byte(" you"))
	assert.NilError(t, err)
	assert.Equal(t, n, 4)
	got := make([]byte, 20)
	n, err = b.Read(got)
	assert.NilError(t, err)
	assert.Equal(t, string(got[:n]), "hello you")
}

func TestWriterBlocksWhileTheWindowIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe(t)
		sent := bytes.Repeat([]byte("0123456789"), memnet.Window/4)
		done := make(chan error, 1)
		go func() {
			_, err := a.Write(sent)
			done <- errors.Join(err, a.CloseWrite())
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("the write of more than a window returned before any read")
		default:
		}
		got, err := io.ReadAll(b)
		assert.NilError(t, err)
		assert.NilError(t, <-done)
		assert.Assert(t, bytes.Equal(got, sent))
	})
}

func TestCloseWriteEndsOneDirectionOnly(t *testing.T) {
	a, b := pipe(t)
	_, err := a.Write([]byte("question"))
	assert.NilError(t, err)
	assert.NilError(t, a.CloseWrite())
	_, err = a.Write([]byte("more"))
	assert.ErrorIs(t, err, syscall.EPIPE)

	got, err := io.ReadAll(b)
	assert.NilError(t, err)
	assert.Equal(t, string(got), "question")

	_, err = b.Write([]byte("answer"))
	assert.NilError(t, err)
	assert.NilError(t, b.Close())
	got, err = io.ReadAll(a)
	assert.NilError(t, err)
	assert.Equal(t, string(got), "answer")
}

func TestCloseIsSeenByTheOtherEnd(t *testing.T) {
	cases := []struct {
		name, reason string
		unread       bool // b leaves a byte unread
		abort        bool
		read, write  error
	}{
		{"clean", "all was read: an orderly end", false, false, io.EOF, syscall.EPIPE},
		{"unread", "TCP answers a close before everything was read with a reset", true, false, syscall.ECONNRESET, syscall.ECONNRESET},
		{"abort", "an abort is a reset", false, true, syscall.ECONNRESET, syscall.ECONNRESET},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			a, b := pipe(t)
			if tc.unread {
				_, err := a.Write([]byte("x"))
				assert.NilError(t, err)
			}
			_, err := b.Write([]byte("last words"))
			assert.NilError(t, err)
			if tc.abort {
				assert.NilError(t, b.Abort())
			} else {
				assert.NilError(t, b.Close())
			}

			got := make([]byte, 20)
			n, err := a.Read(got)
			assert.NilError(t, err, "what was written before the close is read first")
			assert.Equal(t, string(got[:n]), "last words")
			_, err = a.Read(got)
			assert.ErrorIs(t, err, tc.read, tc.reason)
			_, err = a.Write([]byte("y"))
			assert.ErrorIs(t, err, tc.write, tc.reason)
		})
	}
}

func TestOwnCloseEndsOwnOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe(t)
		reading, writing := make(chan error), make(chan error)
		go func() {
			_, err := a.Read(make([]byte, 1))
			reading <- err
		}()
		go func() {
			_, err := a.Write(make([]byte, memnet.Window+1))
			writing <- err
		}()
		synctest.Wait()
		assert.NilError(t, a.Close())
		assert.ErrorIs(t, <-reading, net.ErrClosed)
		assert.ErrorIs(t, <-writing, net.ErrClosed)

		_, err := a.Write([]byte("x"))
		assert.ErrorIs(t, err, net.ErrClosed)
		assert.ErrorIs(t, a.SetDeadline(time.Now()), net.ErrClosed)
		assert.ErrorIs(t, a.CloseWrite(), net.ErrClosed)
		assert.ErrorIs(t, a.Close(), net.ErrClosed)
	})
}

func TestDeadlinesRunOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe(t)
		start := time.Now()

		assert.NilError(t, a.SetReadDeadline(start.Add(24*time.Hour)))
		_, err := a.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var timeout net.Error
		assert.Assert(t, errors.As(err, &timeout) && timeout.Timeout())
		assert.Equal(t, time.Since(start), 24*time.Hour)

		assert.NilError(t, a.SetWriteDeadline(time.Now().Add(time.Minute)))
		n, err := a.Write(make([]byte, memnet.Window+1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, n, memnet.Window)
		assert.Equal(t, time.Since(start), 24*time.Hour+time.Minute)

		// A passed deadline does not spoil the connection.
		assert.NilError(t, a.SetDeadline(time.Time{}))
		_, err = b.Write([]byte("x"))
		assert.NilError(t, err)
		_, err = a.Read(make([]byte, 1))
		assert.NilError(t, err)
	})
}

func TestDeadlineInThePastWakesAReaderAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe(t)
		start := time.Now()
		read := make(chan error)
		go func() {
			_, err := a.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		assert.NilError(t, a.SetReadDeadline(start.Add(-time.Second)))
		assert.ErrorIs(t, <-read, os.ErrDeadlineExceeded)
		assert.Equal(t, time.Since(start), time.Duration(0))
	})
}

func TestMovedDeadlineReplacesTheFormer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe(t)
		start := time.Now()
		assert.NilError(t, a.SetReadDeadline(start.Add(time.Second)))
		assert.NilError(t, a.SetReadDeadline(start.Add(time.Hour)))
		_, err := a.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, time.Since(start), time.Hour)
	})
}
