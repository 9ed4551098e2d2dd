package wellknown

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const htmlPage = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Down for maintenance</title></head>
<body><h1>We will be back soon</h1></body>
</html>
`

// answer waits while the endpoint hangs, and then answers as the fault says that
// there is then. changed is closed when the fault changes.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, fault Fault, changed <-chan struct{}) {
	limit := time.NewTimer(s.limit())
	defer limit.Stop()
	for fault == Hang {
		select {
		case <-changed:
			fault, changed = s.faultUntil()
		case <-r.Context().Done():
			return
		case <-limit.C:
			abort(w)
			return
		}
	}
	switch fault.Kind() {
	case Status500:
		http.Error(w, "internal server error", http.StatusInternalServerError)
	case HTML:
		write(w, "text/html; charset=utf-8", []byte(htmlPage))
	case EmptyData:
		write(w, "application/json", []byte(`{"success":true,"data":{},"message":""}`))
	case SuccessFalse:
		write(w, "application/json", []byte(`{"success":false,"data":null,"message":"the public key is not available"}`))
	case Down, TLSRefused, CertificateExpired, CertificateOtherName, NameUnknown:
		abort(w)
	case RedirectCrossHost:
		http.Redirect(w, r, fault.target(), http.StatusFound)
	default:
		document, err := s.document(fault)
		switch {
		case err != nil:
			http.Error(w, "no key to serve", http.StatusInternalServerError)
		case fault == Oversize:
			s.oversize(w, r, document)
		case fault == Drip && r.Method != http.MethodHead:
			s.drip(w, r, document, changed, limit.C)
		default:
			write(w, "application/json", document)
		}
	}
}

// document returns the key document as f changes it.
func (s *Server) document(f Fault) ([]byte, error) {
	publicPEM, err := s.keys.PublicPEM()
	if err != nil {
		return nil, err
	}
	switch f {
	case EmptyKey:
		publicPEM = ""
	case BadPEM:
		publicPEM = halfPEM(publicPEM)
	case ECKey:
		if publicPEM, err = s.ecPEM(); err != nil {
			return nil, err
		}
	case PEMEscaped:
		publicPEM = strings.ReplaceAll(publicPEM, "\n", `\n`)
	case PEMCRLF:
		publicPEM = strings.ReplaceAll(publicPEM, "\n", "\r\n")
	}
	if instead := s.replacement(); instead != nil && f == None {
		return instead(publicPEM), nil
	}
	return rtk.KeyDocument(publicPEM)
}

func halfPEM(publicPEM string) string {
	block, _ := pem.Decode([]byte(publicPEM))
	block.Bytes = block.Bytes[:len(block.Bytes)/2]
	return string(bytes.TrimSpace(pem.EncodeToMemory(block)))
}

func newECPEM() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("wellknown: generate key: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("wellknown: encode key: %w", err)
	}
	return string(bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))), nil
}

// oversize sends the document with a message that does not end for a long time.
func (s *Server) oversize(w http.ResponseWriter, r *http.Request, document []byte) {
	// The deadline is for a client that neither reads nor leaves. net/http removes
	// it before the connection's next request.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.limit()))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	const closing = `"}` // of the member "message", which comes last
	if _, err := w.Write(bytes.TrimSuffix(document, []byte(closing))); err != nil {
		return
	}
	padding := bytes.Repeat([]byte("x"), 32<<10)
	for left := s.PaddingBytes(); left > 0; left -= int64(len(padding)) {
		padding = padding[:min(int64(len(padding)), left)]
		if _, err := w.Write(padding); err != nil || r.Context().Err() != nil {
			return
		}
	}
	_, _ = w.Write([]byte(closing))
}

// drip sends the document byte by byte until the fault changes.
func (s *Server) drip(w http.ResponseWriter, r *http.Request, document []byte, changed <-chan struct{}, limit <-chan time.Time) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(document)))
	tick := time.NewTicker(cmp.Or(s.DripEvery, DefaultDripEvery))
	defer tick.Stop()
	for len(document) > 0 {
		if _, err := w.Write(document[:1]); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		document = document[1:]
		select {
		case <-tick.C:
		case <-changed:
			_, _ = w.Write(document)
			return
		case <-r.Context().Done():
			return
		case <-limit:
			abort(w)
			return
		}
	}
}

func write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client may have left
}

// abort ends the connection without (the rest of) an answer: with a TCP reset if
// it can take the connection over, else with the panic that net/http understands.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn() // below TLS, which would close in good order
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
