package http1

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Kind is a kind of failure.
type Kind string

const (
	Refused  Kind = "refused"  // nothing listens there
	Reset    Kind = "reset"    // the connection was cut before a complete response header
	Timeout  Kind = "timeout"  // no complete response header within the time-out
	TLS      Kind = "tls"      // the TLS handshake failed, or only one side speaks TLS
	DNS      Kind = "dns"      // the host name does not resolve
	Protocol Kind = "protocol" // what came back is not HTTP, or its header is too large
	Other    Kind = "other"    // unreachable network, and what else the system reports
	Canceled Kind = "canceled" // the caller's context ended
	Own      Kind = "own"      // this process ran out of files, or may not connect: the target was not asked
)

// Failure is why a request has no status.
type Failure struct {
	Kind Kind
	// Msg is one short line for people. It names the target by host and port.
	Msg string
	// Err is what the system or the standard library reported, if anything.
	Err error
}

// explainer makes failures out of errors. It knows what their sentences need.
type explainer struct {
	q         *Request
	caller    context.Context
	limit     time.Duration // the time-out
	end       time.Time     // when it is over
	maxHeader int64
}

// over reports whether nobody waits for an answer any more.
func (x explainer) over() bool { return x.caller.Err() != nil || !time.Now().Before(x.end) }

// classify names the failure err of a step on the way to the response. who is
// at the other end. late is what they did not do, in case time has run out.
func (x explainer) classify(err error, who, late string) *Failure {
	switch {
	case x.caller.Err() != nil:
		return &Failure{Canceled, "the delivery was given up before " + x.q.Target.Addr + " answered", x.caller.Err()}
	case x.over() || isTimeout(err):
		return &Failure{Timeout, fmt.Sprintf("%s %s within %v", who, late, x.limit), err}
	case isRefused(err):
		return &Failure{Refused, "nothing listens at " + who, err}
	case isAlert(err):
		return &Failure{TLS, who + " ended the TLS connection: " + cause(err), err}
	case wasCut(err):
		return &Failure{Reset, who + " cut the connection", err}
	default:
		return &Failure{Other, who + ": " + cause(err), err}
	}
}

// ErrNotAllowed is what an error of a Dial matches that may not connect with an address.
var ErrNotAllowed = errors.New("the address is not allowed")

// classifyDial names the failure to connect to hop.
func (x explainer) classifyDial(err error, hop *Target) *Failure {
	if isOwn(err) || errors.Is(err, ErrNotAllowed) {
		return &Failure{Own, "no connection to " + x.called(hop) + " could be opened from here: " + cause(err), err}
	}
	e := x.classify(err, x.called(hop), "did not take the connection")
	lookup, ok := errors.AsType[*net.DNSError](err)
	if e.Kind == Canceled || !ok {
		return e
	}
	e.Kind, e.Msg = DNS, fmt.Sprintf("the host name %s does not resolve", hop.Name)
	if lookup.IsTimeout || lookup.IsTemporary {
		e.Msg = fmt.Sprintf("the host name %s could not be looked up: the name server does not answer", hop.Name)
	}
	return e
}

// called returns the name of hop in messages.
func (x explainer) called(hop *Target) string {
	if hop == x.q.proxy {
		return "the proxy " + hop.Addr
	}
	return hop.Addr
}

// answerer returns the name in messages of the one that answers the request.
func (x explainer) answerer() string {
	if x.q.proxy != nil && x.q.Target.Scheme == "http" {
		return x.called(x.q.proxy)
	}
	return x.q.Target.Addr
}

// classifyTLS names the failure of the TLS handshake with hop.
func (x explainer) classifyTLS(err error, hop *Target) *Failure {
	addr := x.called(hop)
	e := x.classify(err, addr, "did not finish the TLS handshake")
	if e.Kind == Canceled || e.Kind == Timeout {
		return e
	}
	e.Kind = TLS
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

// classifyRead names the failure to read a response header of who from in.
func (x explainer) classifyRead(err error, who string, in *input) *Failure {
	if errors.Is(in.err, errTooMuch) {
		return &Failure{Protocol, fmt.Sprintf("the response header of %s exceeds %d bytes", who, x.maxHeader), err}
	}
	// The parser does not always pass on why its input ended.
	if in.err != nil {
		err = in.err
	}
	late := "did not answer"
	if in.got > 0 {
		late = "did not end its response header"
	}
	e := x.classify(err, who, late)
	switch {
	case e.Kind == Reset && in.got == 0:
		e.Msg = who + " cut the connection without an answer"
	case e.Kind == Reset && looksLikeHTTP(in.first()):
		e.Msg = who + " cut the connection in the middle of the response header"
	case e.Kind == Reset, e.Kind == Other && in.got > 0:
		return x.protocolError(err, who, in)
	}
	return e
}

// protocolError says what is wrong with a response that is not HTTP.
func (x explainer) protocolError(err error, who string, in *input) *Failure {
	first := in.first()
	switch {
	case x.q.Target.Scheme == "http" && len(first) > 1 && (first[0] == 0x15 || first[0] == 0x16) && first[1] == 3:
		// The record header of a TLS alert or handshake.
		return &Failure{TLS, who + " speaks TLS: the URL should begin with https://", err}
	case looksLikeHTTP(first):
		return &Failure{Protocol, who + " sent a malformed response header", err}
	default:
		return &Failure{Protocol, fmt.Sprintf("%s does not answer in HTTP/1: its answer begins with %q", who, first), err}
	}
}

// looksLikeHTTP reports whether an HTTP/1 response can begin with first.
func looksLikeHTTP(first []byte) bool {
	return strings.HasPrefix("HTTP/", string(first[:min(len(first), len("HTTP/"))]))
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// The numbers are Windows', whose errors the portable names of syscall do not
// match.

func isRefused(err error) bool {
	return isAny(err, syscall.ECONNREFUSED, syscall.Errno(10061))
}

// isOwn reports whether this process or machine has run out of something, so
// that err says nothing about the target.
func isOwn(err error) bool {
	// EADDRNOTAVAIL is not among them: it also says that ::1 does not exist.
	if isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.Errno(10024), syscall.Errno(10055)) {
		return true
	}
	// The error of a lookup keeps only the words.
	lookup, ok := errors.AsType[*net.DNSError](err)
	return ok && strings.HasSuffix(lookup.Err, syscall.EMFILE.Error())
}

// wasCut reports whether err is what a reader or writer sees after the other
// end has gone.
func wasCut(err error) bool {
	return isAny(err, io.EOF, io.ErrUnexpectedEOF,
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.Errno(10053), syscall.Errno(10054))
}

func isAny(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// isAlert reports whether err is a TLS alert of the other end. crypto/tls does
// not export its type, and marks it by the operation.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
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
