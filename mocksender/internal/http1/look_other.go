//go:build !unix

package http1

// canLook reports whether quiet can tell something of c.
func (c *conn) canLook() bool { return false }

func (c *conn) quiet() bool { return false }
