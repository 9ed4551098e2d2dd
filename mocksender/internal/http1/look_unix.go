//go:build unix

package http1

import (
	"errors"
	"syscall"
)

// canLook reports whether quiet can tell something of c.
func (c *conn) canLook() bool { return c.look != nil }

// quiet reports whether c is open and nothing has come on it.
func (c *conn) quiet() (quiet bool) {
	err := c.look.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		quiet = errors.Is(err, syscall.EAGAIN)
	})
	return err == nil && quiet
}
