package mocksender

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// classify names the failure err of a step on the way to the response. who is
// at the other end; late says in a clause what they did not do, should time
// have run out.
func (t *try) classify(err error, who, late string) *NetError {
	switch {
	case t.caller.Err() != nil:
		return &NetError{ClassCanceled, "the delivery was given up before " + t.q.addr + " answered", t.caller.Err()}
	case t.ctx.Err() != nil || isTimeout(err):
		return &NetError{ClassTimeout, fmt.Sprintf("%s %s within %v", who, late, t.limit), err}
	case isRefused(err):
		return &NetError{ClassRefused, "nothing listens at " + who, err}
	case isAlert(err):
		return &NetError{ClassTLS, who + " ended the TLS connection: " + cause(err), err}
	case wasCut(err):
		return &NetError{ClassReset, who + " cut the connection", err}
	default:
		return &NetError{ClassOther, who + ": " + cause(err), err}
	}
}

// classifyDial names the failure to connect to hop.
func (t *try) classifyDial(err error, hop *target) *NetError {
	if isOwn(err) {
		return &NetError{ClassOwn, "no connection to " + t.called(hop) + " could be opened from here: " + cause(err), err}
	}
	e := t.classify(err, t.called(hop), "did not take the connection")
	lookup := new(net.DNSError)
	if e.Class == ClassCanceled || !errors.As(err, &lookup) {
		return e
	}
	e.Class, e.Msg = ClassDNS, fmt.Sprintf("the host name %s does not resolve", hop.name)
	if lookup.IsTimeout || lookup.IsTemporary {
		e.Msg = fmt.Sprintf("the host name %s could not be looked up: the name server does not answer", hop.name)
	}
	return e
}

// called returns what messages call hop.
func (t *try) called(hop *target) string {
	if hop == t.q.proxy {
		return "the proxy " + hop.addr
	}
	return hop.addr
}

// answerer returns what messages call the one that answers the request.
func (t *try) answerer() string {
	if t.q.proxy != nil && t.q.scheme == "http" {
		return t.called(t.q.proxy)
	}
	return t.q.addr
}

// classifyTLS names the failure of the TLS handshake with hop.
func (t *try) classifyTLS(err error, hop *target) *NetError {
	addr := t.called(hop)
	e := t.classify(err, addr, "did not finish the TLS handshake")
	if e.Class == ClassCanceled || e.Class == ClassTimeout {
		return e
	}
	e.Class = ClassTLS
	var (
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &record) && bytes.HasPrefix(record.RecordHeader[:], []byte("HTTP/")):
		e.Msg = addr + " answers in plain HTTP, not in TLS: the URL should begin with http://"
	case errors.As(err, &record):
		e.Msg = addr + " does not speak TLS"
	case errors.As(err, &unknown):
		e.Msg = "the certificate of " + addr + " is signed by an authority that is not trusted here"
	case errors.As(err, &name):
		e.Msg = fmt.Sprintf("the certificate of %s is not for the name %s", addr, name.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Msg = "the certificate of " + addr + " has expired or is not valid yet"
	case errors.As(err, &verify):
		e.Msg = "the certificate of " + addr + " does not verify: " + cause(err)
	case isAlert(err):
		e.Msg = addr + " refused the TLS handshake: " + cause(err)
	case wasCut(err):
		e.Msg = addr + " cut the connection during the TLS handshake"
	default:
		e.Msg = "the TLS handshake with " + addr + " failed: " + cause(err)
	}
	return e
}

// classifyRead names the failure to read a response header of who from src.
func (t *try) classifyRead(err error, who string, src *source) *NetError {
	if errors.Is(src.err, errTooMuch) {
		return &NetError{ClassProtocol, fmt.Sprintf("the response header of %s exceeds %d bytes", who, t.o.MaxHeader), err}
	}
	// The parser does not always pass on why its input ended.
	if src.err != nil {
		err = src.err
	}
	late := "did not answer"
	if src.got > 0 {
		late = "did not end its response header"
	}
	e := t.classify(err, who, late)
	switch {
	case e.Class == ClassReset && src.got == 0:
		e.Msg = who + " cut the connection without an answer"
	case e.Class == ClassReset && looksLikeHTTP(src.first()):
		e.Msg = who + " cut the connection in the middle of the response header"
	case e.Class == ClassReset, e.Class == ClassOther && src.got > 0:
		return t.protocolError(err, who, src)
	}
	return e
}

// protocolError says what is wrong with a response that is no HTTP.
func (t *try) protocolError(err error, who string, src *source) *NetError {
	first := src.first()
	switch {
	case t.q.scheme == "http" && len(first) > 1 && (first[0] == 0x15 || first[0] == 0x16) && first[1] == 3:
		// The record header of a TLS alert or handshake.
		return &NetError{ClassTLS, who + " speaks TLS: the URL should begin with https://", err}
	case looksLikeHTTP(first):
		return &NetError{ClassProtocol, who + " sent a malformed response header", err}
	default:
		return &NetError{ClassProtocol, fmt.Sprintf("%s does not answer in HTTP/1: its answer begins with %q", who, first), err}
	}
}

// looksLikeHTTP reports whether first, the beginning of a response, can be
// that of an HTTP/1 response.
func looksLikeHTTP(first []byte) bool {
	const start = "HTTP/"
	n := min(len(first), len(start))
	return string(first[:n]) == start[:n]
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// The numbers beside the names are Windows', whose errors syscall's portable
// names do not match.

func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.Errno(10061))
}

// isOwn reports whether err tells of a want of this process or machine, and
// nothing of the target.
func isOwn(err error) bool {
	// Not EADDRNOTAVAIL: so it is called, too, that ::1 is not there.
	for _, want := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.Errno(10024), syscall.Errno(10055),
	} {
		if errors.Is(err, want) {
			return true
		}
	}
	// A lookup passes on the words alone.
	lookup := new(net.DNSError)
	return errors.As(err, &lookup) && strings.HasSuffix(lookup.Err, syscall.EMFILE.Error())
}

// wasCut reports whether err is what a reader or writer sees after the other
// end has gone.
func wasCut(err error) bool {
	for _, cut := range []error{
		io.EOF, io.ErrUnexpectedEOF,
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE,
		syscall.Errno(10053), syscall.Errno(10054),
	} {
		if errors.Is(err, cut) {
			return true
		}
	}
	return false
}

// isAlert reports whether err is a TLS alert of the other end. Its type is not
// exported; the operation is how crypto/tls marks it.
func isAlert(err error) bool {
	op := new(net.OpError)
	return errors.As(err, &op) && op.Op == "remote error"
}

// cause returns the text of the innermost error, on one line.
func cause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	text := strings.TrimPrefix(err.Error(), "tls: ")
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 160 {
		text = strings.ToValidUTF8(text[:160], "") + "…"
	}
	return text
}
