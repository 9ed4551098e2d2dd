package http1

import (
	"bytes"
	"io"
	"net/http"
)

// head is the header of a response, with what reads its body.
type head struct {
	status int
	header http.Header
	body   io.Reader // http.NoBody if there is none
	close  bool      // the connection ends with the response
}

// lastHead is the latest header on a connection. Most responses of a target begin
// with the same bytes, and to parse these takes longer than all else that is done
// with a response.
type lastHead struct {
	text   []byte // up to the body; empty: it cannot be used again
	head   head
	length int64 // of the body
}

// readHead reads a header. probe is the request if it is one of HEAD, else nil.
func (c *conn) readHead(probe *http.Request) (head, error) {
	if _, err := c.br.Peek(1); err != nil {
		return head{}, err
	}
	last, text := &c.last, c.bufferedHead()
	if probe == nil && len(text) > 0 && bytes.Equal(text, last.text) {
		_, err := c.br.Discard(len(text))
		return last.again(c.br), err
	}
	last.text = append(last.text[:0], text...)
	before := c.br.Buffered()
	res, err := http.ReadResponse(c.br, probe)
	if err != nil {
		return head{}, err
	}
	last.head = head{res.StatusCode, res.Header, res.Body, res.Close}
	last.length = res.ContentLength
	fixed := res.Body == http.NoBody || res.ContentLength > 0
	if probe != nil || !fixed || before-c.br.Buffered() != len(last.text) {
		last.text = last.text[:0]
	}
	return last.head, nil
}

// bufferedHead returns what has come up to the first empty line.
func (c *conn) bufferedHead() []byte {
	text, _ := c.br.Peek(c.br.Buffered())
	const end = "\r\n\r\n"
	at := bytes.Index(text, []byte(end))
	if at < 0 {
		return nil
	}
	return text[:at+len(end)]
}

// again returns the header for another response, whose body is read from r.
func (l *lastHead) again(r io.Reader) head {
	h := l.head
	if h.body != http.NoBody {
		h.body = &fixedBody{io.LimitedReader{R: r, N: l.length}}
	}
	return h
}

// fixedBody is a body of N bytes.
type fixedBody struct{ io.LimitedReader }

func (b *fixedBody) Read(p []byte) (int, error) {
	n, err := b.LimitedReader.Read(p)
	if err == io.EOF && b.N > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
