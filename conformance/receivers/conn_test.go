package receivers

import (
	"io"
	"net"
	"testing"

	"gotest.tools/v3/assert"
)

// A server that looks whether a connection has ended reads the first byte of the next
// request for itself.
func TestWhatFollowsAnAnswerDoesNotDependOnHowARequestIsRead(t *testing.T) {
	const request = "POST /webhook HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, pieces := range [][]string{{request}, {request[:1], request[1:]}} {
		server, client := net.Pipe()
		c := &trailingConn{Conn: server, extra: func([]byte, []byte) string { return "more" }}
		for _, piece := range pieces {
			go io.WriteString(client, piece)
			_, err := c.Read(make([]byte, 4096))
			assert.NilError(t, err)
		}
		go c.Write([]byte("answer"))
		got := make([]byte, 64)
		n, err := client.Read(got)
		assert.NilError(t, err)
		assert.Equal(t, string(got[:n]), "answermore", "%q", pieces)
		assert.NilError(t, client.Close())
	}
}
