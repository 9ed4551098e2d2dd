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

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxBody is the largest body that is read. The guide's samples have less than
// 2 kB.
const maxBody = 1 << 20

// errBusy means that a genuine event could not be accepted now.
var errBusy = errors.New("receivers: too much to do")

// behaviour is all that a receiver does, one step a field. The reference fills
// every field; a flaw replaces or wraps one. Fields hold what a twist may
// change; the methods give the order of the steps.
type behaviour struct {
	serve        func(*exchange) answer           // all of it
	admit        func(*exchange) *answer          // before the body is read; an answer ends it
	read         func(*exchange) ([]byte, error)  // the body
	authenticate func(*exchange) error            // is it genuine?
	signature    func(*exchange) (string, error)  // the header's value
	decode       func(string) ([]byte, error)     // its Base64
	signed       func(*exchange) ([]byte, error)  // the bytes that the signature is over
	keys         func(*exchange) keys             // the keys to verify with
	verifies     func(*key, []byte, []byte) error // RSA: key, signed bytes, signature
	refuse       func(*exchange, error) answer    // what a forgery is answered
	process      func(*exchange) answer           // a genuine body
	parse        func([]byte) (object, error)
	unreadable   func(*exchange, error) answer // what a genuine body that is no event is answered
	study        func(*exchange) *answer       // of a genuine event; an answer ends it
	wanted       func(*exchange) bool          // is it one to act on?
	identity     func(*exchange) string        // what duplicates have in common; empty: there are none
	apply        func(*exchange) error         // the effect, with its downloads
	follow       func(*exchange) []string      // the links to download
	record       func(*exchange)               // counts the effect
	count        func(uuid string) int         // those counted; nil: the ledger's
	accept       func(*exchange) answer
	respond      func(*exchange, answer) answer // the last word

	listen       func(net.Listener) net.Listener // below HTTP
	headers      rtk.HeaderSet                   // the names of the three headers
	refetchEvery time.Duration
	claimWait    time.Duration
	fetchTime    time.Duration
	rarely       time.Duration
	fetchAfter   time.Duration // a failed one; the least time to the next
	pinned       bool          // never asks KeyURL
	alone        bool          // each request without a key fetches one for itself
	maxDocument  int64         // bytes of a key document
	anywhere     bool          // follows redirects of the key's fetch to other hosts
	parseKey     func(string) (*key, error)
	claims       *ledger // where duplicates are looked up; nil: in the receiver's own

	start func(context.Context, *Receiver) error // before a new process listens
}

func reference(c Config) *behaviour {
	b := &behaviour{
		admit:        postOnly,
		read:         readBody,
		signature:    soleSignature,
		decode:       strictBase64,
		signed:       func(x *exchange) ([]byte, error) { return x.body, nil },
		keys:         func(x *exchange) keys { return x.rc.keys },
		verifies:     pkcs1SHA256,
		refuse:       unauthorised,
		parse:        parseObject,
		study:        func(*exchange) *answer { return nil },
		wanted:       subscribed,
		identity:     (*exchange).uuid,
		follow:       links,
		record:       func(x *exchange) { x.rc.ledger.record(x.uuid(), x.event.kind()) },
		accept:       func(*exchange) answer { return status(http.StatusOK) },
		respond:      func(_ *exchange, a answer) answer { return a },
		listen:       func(ln net.Listener) net.Listener { return ln },
		headers:      c.HeaderNames.Sets()[0],
		refetchEvery: c.RefetchEvery,
		fetchAfter:   min(c.RefetchEvery, c.RetryEvery),
		claimWait:    c.ClaimWait,
		maxDocument:  maxKeyDocument,
		parseKey:     parsePEM,
		start:        func(context.Context, *Receiver) error { return nil },
		fetchTime:    c.FetchTime,
		rarely:       c.Rarely,
	}
	b.serve = b.take
	b.authenticate = b.verify
	b.process = b.act
	b.unreadable = b.ignore
	b.apply = b.effect
	return b
}

// take is the reference's order. The guide: "Verify the signature before
// processing the event", and "Return a 2xx response only after your
// application has accepted the event."
func (b *behaviour) take(x *exchange) answer {
	if a := b.admit(x); a != nil {
		return *a
	}
	body, err := b.read(x)
	x.body = body
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return saying(http.StatusRequestEntityTooLarge, "the body is too large")
	} else if err != nil {
		return saying(http.StatusBadRequest, "the body did not arrive")
	}
	return b.judge(x)
}

// judge verifies the body and acts on it if it is genuine.
func (b *behaviour) judge(x *exchange) answer {
	if x.verifyErr = b.authenticate(x); x.verifyErr != nil {
		return b.refuse(x, x.verifyErr)
	}
	x.verified = true
	return b.process(x)
}

// act does what a genuine body asks for.
func (b *behaviour) act(x *exchange) answer {
	event, err := b.parse(x.body)
	if err != nil {
		return b.unreadable(x, err)
	}
	x.event = event
	if a := b.study(x); a != nil {
		return *a
	}
	if !b.wanted(x) {
		return b.ignore(x, nil)
	}
	return b.once(x)
}

// once acts on an event unless that has been done. A duplicate of an event
// that is being worked on waits for it; if the first attempt fails, the
// duplicate takes its place.
func (b *behaviour) once(x *exchange) answer {
	settle := func(bool) {}
	if id := b.identity(x); id != "" {
		var done bool
		claims := cmp.Or(b.claims, x.rc.ledger)
		if settle, done = claims.claim(x.ctx, id, b.claimWait); done {
			return b.accept(x)
		} else if settle == nil {
			return status(http.StatusServiceUnavailable)
		}
	}
	err := b.apply(x)
	settle(err == nil)
	if err != nil {
		x.rc.note(err, "%s could not be accepted", x.event.kind())
		return status(http.StatusServiceUnavailable)
	}
	return b.accept(x)
}

// effect puts the downloads into the queue, whole or not at all, and then
// counts. The guide: "Move slow work, such as downloading files or calling
// third-party APIs, to a background job."
func (b *behaviour) effect(x *exchange) error {
	if !x.rc.download(b.follow(x)) {
		return errBusy
	}
	b.record(x)
	x.rc.note(nil, "applied %s", x.event.describe())
	return nil
}

// ignore takes what there is nothing to do about: a 4xx would hide it, and a
// 5xx would have it sent again. The guide's sample logs it and answers 200.
func (b *behaviour) ignore(x *exchange, err error) answer {
	if err != nil {
		x.rc.note(err, "ignored a genuine body that is no event")
	} else {
		x.rc.note(nil, "ignored %s", cmp.Or(string(x.event.kind()), "a body without event"))
	}
	return b.accept(x)
}

func postOnly(x *exchange) *answer {
	if x.r.Method == http.MethodPost {
		return nil
	}
	a := status(http.StatusMethodNotAllowed).with("Allow", http.MethodPost)
	return &a
}

func readBody(x *exchange) ([]byte, error) {
	if x.r.Body == nil { // not by a server, but who knows
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
}

func subscribed(x *exchange) bool {
	kind := x.event.kind()
	return kind.Known() && (len(x.rc.c.Events) == 0 || slices.Contains(x.rc.c.Events, kind))
}

func links(x *exchange) []string {
	if x.rc.c.IgnoreLinks {
		return nil
	}
	return x.event.links()
}

// unauthorised tells a forgery apart from a delivery that nobody can judge at
// the moment. The guide: a status below 500 is never retried, so a missing key
// answered 401 would lose the event.
func unauthorised(_ *exchange, err error) answer {
	if errors.Is(err, ErrNoKey) {
		return status(http.StatusServiceUnavailable)
	}
	return saying(http.StatusUnauthorized, "the signature does not verify")
}
