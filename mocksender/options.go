package mocksender

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What the Options' zero values stand for.
const (
	// DefaultTimeout is an assumption: the guide names no time-out. Documents
	// of the predecessor ask for an answer within three seconds.
	DefaultTimeout     = 3 * time.Second
	DefaultUserAgent   = "rtkmock (RealtimeKit webhook test sender)"
	DefaultMaxAnswer   = 64 << 10 // bytes
	DefaultMaxHeader   = 1 << 20  // bytes
	DefaultConcurrency = 64
)

// maxSize keeps sums of sizes from overflowing.
const maxSize = 1 << 40

// ErrOptions is wrapped by the errors of New.
var ErrOptions = errors.New("mocksender: unusable options")

// Options say how a Sender sends. The zero value is useful: a fresh key, the
// documented header names, no retries.
type Options struct {
	// Keys signs. Nil: a fresh key, made in the background.
	Keys *rtk.Keyring
	// Signatures remembers what was signed. Nil: a memory of the sender's own.
	Signatures *Signatures
	// HeaderNames chooses rtk-…, dyte-… or both.
	HeaderNames rtk.HeaderNames
	// WebhookID is the rtk-webhook-id of deliveries that name none: "ID of the
	// webhook configuration that triggered the delivery." Empty: one of IDs.
	WebhookID string
	// IDs gives the rtk-uuid of deliveries that name none. Nil: a sequence
	// that differs from run to run.
	IDs *rtk.IDs
	// UserAgent is sent with every delivery. What the real service sends is
	// not known; the default, DefaultUserAgent, names this tool.
	UserAgent string
	// Header is added to every delivery, under the same rules as
	// Delivery.Header, which comes after it.
	Header http.Header

	// Timeout bounds one attempt from the dial to the end of the response.
	// Zero: DefaultTimeout.
	Timeout time.Duration
	// Retry decides about further attempts. Nil: NoRetry.
	Retry RetryPolicy
	// RetryUUID says which rtk-uuid a retry carries. Zero: SameUUID.
	RetryUUID RetryUUID
	// Health says when attempts at a failing target are reduced. Nil: never.
	Health *HealthPolicy
	// Faults are what goes wrong on the way, on every delivery, after those
	// of the delivery itself. FaultSeed fixes what is left to chance.
	Faults    FaultPlan
	FaultSeed uint64
	// MaxAnswer is how many bytes of a response body are read and kept. Zero:
	// DefaultMaxAnswer.
	MaxAnswer int64
	// MaxHeader is how many bytes a response header may have, informational
	// (1xx) responses before it included. Zero: DefaultMaxHeader. Far less of
	// it is kept: see Outcome.Header.
	MaxHeader int64
	// BodyTime is how long a response body is waited for once its header is
	// there; what has come by then is kept. Each time that it is not enough, the
	// next body gets half of it, so that a target with dripping answers costs
	// little. Zero: as long as the attempt may take.
	BodyTime time.Duration

	// RootCAs verifies https targets. Nil: the system's.
	RootCAs *x509.CertPool
	// Insecure accepts any certificate.
	Insecure bool
	// Proxy sends through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY
	// name. Without it, those variables have no effect.
	Proxy bool
	// Concurrency is how many idle connections are kept for each target. With
	// fewer than there are concurrent calls of Send, some calls open a new
	// connection each time. Zero: DefaultConcurrency.
	Concurrency int
	// Dial opens connections. Nil: a net.Dialer's.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// SelfCheck is shown each delivery once its bytes are frozen, before the
	// first attempt, and before a retry that gets another uuid. Its error ends
	// the delivery, and is that of Send. Nil: nothing is checked. The function
	// SelfCheck fits.
	SelfCheck func(Outgoing) error
	// OnAttempt is called after each attempt, by the goroutine that called
	// Send, so by several at a time if Send is. Nil: nothing is called.
	OnAttempt func(Delivery, Attempt)
}

// check returns what is wrong, without the prefix of ErrOptions.
func (o *Options) check() error {
	switch {
	case o.BodyTime < 0:
		return fmt.Errorf("the time for a body %v is negative", o.BodyTime)
	case o.Timeout < 0:
		return fmt.Errorf("the time-out %v is negative", o.Timeout)
	case o.MaxAnswer < 0 || o.MaxAnswer > maxSize || o.MaxHeader < 0 || o.MaxHeader > maxSize:
		return errors.New("a size is out of range")
	case o.Concurrency < 0:
		return fmt.Errorf("the concurrency %d is negative", o.Concurrency)
	}
	if o.HeaderNames != "" {
		if _, err := rtk.ParseHeaderNames(string(o.HeaderNames)); err != nil {
			return err
		}
	}
	if o.RetryUUID != "" {
		if _, err := ParseRetryUUID(string(o.RetryUUID)); err != nil {
			return err
		}
	}
	if err := o.Faults.check(); err != nil {
		return err
	}
	return header.Check(o.Header)
}

func (o *Options) fill() {
	if o.Keys == nil {
		o.Keys = rtk.GenerateKeyring()
	}
	if o.IDs == nil {
		o.IDs = rtk.NewIDs(rand.Uint64(), "mocksender")
	}
	if o.Signatures == nil {
		o.Signatures = NewSignatures()
	}
	if o.Retry == nil {
		o.Retry = NoRetry{}
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.WebhookID == "" {
		o.WebhookID = o.IDs.Next()
	}
	o.UserAgent = cmp.Or(o.UserAgent, DefaultUserAgent)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.MaxAnswer = cmp.Or(o.MaxAnswer, DefaultMaxAnswer)
	o.MaxHeader = cmp.Or(o.MaxHeader, DefaultMaxHeader)
	o.Concurrency = cmp.Or(o.Concurrency, DefaultConcurrency)
	o.Header = o.Header.Clone()
}

// client returns the options of the client below. The protocol is HTTP/1.1
// alone: HTTP/2 would put every header name in lower case and frame bodies its
// own way, and every server of webhooks speaks HTTP/1.1.
func (o *Options) client() http1.Options {
	c := http1.Options{
		Timeout: o.Timeout, MaxHeader: o.MaxHeader, MaxBody: o.MaxAnswer, BodyTime: o.BodyTime,
		Idle: o.Concurrency, Dial: o.Dial,
		TLS: &tls.Config{RootCAs: o.RootCAs, InsecureSkipVerify: o.Insecure, NextProtos: []string{"http/1.1"}},
	}
	if o.Proxy {
		c.Proxy = http.ProxyFromEnvironment
	}
	return c
}
