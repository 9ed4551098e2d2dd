package receivers

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// pipeline is all that a receiver does, one step a field. The reference fills
// every field. A flaw replaces or wraps one.
type pipeline struct {
	env *environment

	serve          func(*exchange) *response // all steps
	admit          func(*exchange) *response // before the body is read; nil: go on
	readBody       func(*exchange) ([]byte, error)
	verify         func(*exchange) error             // is it genuine?
	signature      func(*exchange) (string, error)   // the header's value
	decode         func(string) ([]byte, error)      // its Base64
	signedBytes    func(body []byte) ([]byte, error) // what the signature is over
	keys           func(*exchange) keySource         // the keys to verify this request with
	verifyRSA      func(pub *key, signed, sig []byte) error
	reject         func(*exchange, error) *response // a forgery
	process        func(*exchange) *response        // a genuine body
	processInvalid func(*exchange, error) *response // a genuine body that is not an event
	validate       func(*exchange) *response        // a genuine event; nil: go on
	wanted         func(*exchange) bool             // is it an event to act on?
	dedupeKey      func(*exchange) string           // duplicates have the same; empty: it has no duplicates
	apply          func(*exchange) error            // the effect, with its downloads
	links          func(*exchange) []string         // what to download
	record         func(*exchange)                  // counts the effect
	count          func(uuid string) int            // the effects of a delivery
	accept         func(*exchange) *response
	respond        func(*exchange, *response) *response // has the last word
	listen         func(net.Listener) net.Listener      // below HTTP
	start          func(context.Context) error          // before a new process listens

	headers   rtk.HeaderSet
	source    keySource // of keys, where a request has no other
	cache     *keyCache
	fetcher   *keyFetcher
	claims    *database // where duplicates are looked up
	claimWait time.Duration
}

// change turns the reference into another receiver.
type change func(*pipeline)

// reference returns the steps of the reference receiver.
func reference(env *environment) *pipeline {
	c := env.config
	p := &pipeline{
		env:         env,
		admit:       postOnly,
		readBody:    readBody,
		signature:   onlySignature,
		decode:      strictBase64,
		signedBytes: func(body []byte) ([]byte, error) { return body, nil },
		verifyRSA:   pkcs1SHA256,
		reject:      unauthorized,
		validate:    func(*exchange) *response { return nil },
		wanted:      subscribed,
		dedupeKey:   (*exchange).uuid,
		links:       func(x *exchange) []string { return payload.URLs(x.Body) },
		record:      func(x *exchange) { x.database.record(time.Now(), x.uuid(), x.event.kind()) },
		count:       func(uuid string) int { return env.database.count(uuid, "") },
		accept:      func(*exchange) *response { return status(http.StatusOK) },
		respond:     func(_ *exchange, r *response) *response { return r },
		listen:      func(ln net.Listener) net.Listener { return ln },
		start:       func(context.Context) error { return nil },
		headers:     c.HeaderNames.Sets()[0],
		claims:      env.database,
		claimWait:   claimWait,
		fetcher: &keyFetcher{
			client: env.client, timeout: c.FetchTime, limit: keyDocumentLimit, parse: parsePEM, note: env.note,
		},
		cache: &keyCache{
			background: env.background, refetchEvery: c.RefetchEvery, retryEvery: min(c.RefetchEvery, c.RetryEvery),
		},
	}
	p.cache.fetch = func(ctx context.Context) (*key, error) { return p.fetcher.fetch(ctx, c.KeyURL) }
	p.source = p.cache.source
	if c.KeyURL == "" {
		p.source = fixedKey(c.PublicKey)
	}
	p.keys = func(*exchange) keySource { return p.source }
	p.serve = p.handle
	p.verify = p.checkSignature
	p.process = p.handleGenuine
	p.processInvalid = p.ignore
	p.apply = p.applyEffect
	return p
}

// handle is the reference's order. The guide: "Verify the signature before
// processing the event", and "Return a 2xx response only after your
// application has accepted the event."
func (p *pipeline) handle(x *exchange) *response {
	if r := p.admit(x); r != nil {
		return r
	}
	body, err := p.readBody(x)
	x.Body = body
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return statusText(http.StatusRequestEntityTooLarge, "the body is too large")
	} else if err != nil {
		return statusText(http.StatusBadRequest, "the body did not arrive")
	}
	return p.handleBody(x)
}

// handleBody verifies the body and acts on it if it is genuine.
func (p *pipeline) handleBody(x *exchange) *response {
	if x.VerifyErr = p.verify(x); x.VerifyErr != nil {
		return p.reject(x, x.VerifyErr)
	}
	x.Verified = true
	return p.process(x)
}

// handleGenuine does what a genuine body asks for.
func (p *pipeline) handleGenuine(x *exchange) *response {
	event, err := parseEvent(x.Body)
	if err != nil {
		return p.processInvalid(x, err)
	}
	x.event = event
	if r := p.validate(x); r != nil {
		return r
	}
	if !p.wanted(x) {
		return p.ignore(x, nil)
	}
	return p.applyOnce(x)
}

// ignore accepts what needs no action. A 4xx would hide it, and after a 5xx it
// would be sent again. The guide's sample logs it and answers 200.
func (p *pipeline) ignore(x *exchange, err error) *response {
	if err != nil {
		x.note(err, "ignored a genuine body that is not an event")
	} else {
		x.note(nil, "ignored %s", cmp.Or(string(x.event.kind()), "a body without event"))
	}
	return p.accept(x)
}

// applyOnce acts on an event unless that was done before. A duplicate of an
// event that is being worked on waits for it. If the first attempt fails, the
// duplicate takes its place.
func (p *pipeline) applyOnce(x *exchange) *response {
	finish := func(bool) {}
	if id := p.dedupeKey(x); id != "" {
		var isDone bool
		if finish, isDone = p.claims.claim(x.ctx, id, p.claimWait); isDone {
			return p.accept(x)
		} else if finish == nil {
			return status(http.StatusServiceUnavailable)
		}
	}
	err := p.apply(x)
	finish(err == nil)
	if err != nil {
		x.note(err, "%s could not be accepted", x.event.kind())
		return status(http.StatusServiceUnavailable)
	}
	return p.accept(x)
}

// claimWait is how long a delivery waits while another one with the same uuid is
// worked on, before it is answered 503.
const claimWait = 2 * time.Second

// errBusy means that a genuine event could not be accepted now.
var errBusy = errors.New("receivers: too much to do")

// applyEffect queues all downloads, or fails, and then counts. The guide: "Move
// slow work, such as downloading files or calling third-party APIs, to a
// background job."
func (p *pipeline) applyEffect(x *exchange) error {
	if !x.queueDownloads(p.links(x)) {
		return errBusy
	}
	p.record(x)
	x.note(nil, "applied %s", x.event.describe())
	return nil
}

func postOnly(x *exchange) *response {
	if x.r.Method == http.MethodPost {
		return nil
	}
	return status(http.StatusMethodNotAllowed).with("Allow", http.MethodPost)
}

// maxBody is the largest body that is read. The guide's samples have less than
// 2 kB.
const maxBody = 1 << 20

func readBody(x *exchange) ([]byte, error) {
	if x.r.Body == nil { // only where no server made the request
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
}

// unauthorized rejects a forgery, but asks for a delivery again that nobody can
// judge now. The guide: a status below 500 is never retried, so a 401 for a
// missing key would lose the event.
func unauthorized(_ *exchange, err error) *response {
	if errors.Is(err, ErrNoKey) {
		return status(http.StatusServiceUnavailable)
	}
	return statusText(http.StatusUnauthorized, "the signature does not verify")
}

func subscribed(x *exchange) bool {
	kind := x.event.kind()
	return kind.Known() && (len(x.config.Events) == 0 || slices.Contains(x.config.Events, kind))
}
