package corpus

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ahead is how many requests of each worker may wait for their turn: enough for
// the cores to go on signing while the reader writes to a slow disk, and so few
// that memory stays flat.
const ahead = 64

// job is a request on its way to its signature.
type job struct {
	Request
	of   Case
	err  error
	done chan struct{}
}

// All returns the requests in order; they are signed on all cores meanwhile.
// An error ends the sequence: it is about signing, or ctx has ended, whose cause
// it then wraps. When the loop over it ends, nothing of it runs any more.
func (c *Corpus) All(ctx context.Context) iter.Seq2[Request, error] {
	return func(yield func(Request, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel(nil)
		workers := c.o.Workers
		if workers == 0 {
			workers = runtime.GOMAXPROCS(0)
		}
		todo, order := make(chan *job, workers), make(chan *job, workers*ahead)
		wg.Go(func() {
			defer close(todo)
			defer close(order)
			c.feed(ctx, todo, order)
		})
		for range workers {
			wg.Go(func() {
				for j := range todo {
					c.sign(j)
				}
			})
		}
		for j := range order {
			select {
			case <-j.done:
			case <-ctx.Done():
				yield(Request{}, ended(ctx)) // j is still being signed
				return
			}
			if !yield(j.Request, j.err) || j.err != nil {
				return
			}
		}
		if ctx.Err() != nil {
			yield(Request{}, ended(ctx))
		}
	}
}

func ended(ctx context.Context) error { return fmt.Errorf("corpus: ended: %w", context.Cause(ctx)) }

// feed hands out the events, first to the reader, who waits for them in order,
// then to be signed.
func (c *Corpus) feed(ctx context.Context, todo, order chan<- *job) {
	ids := rtk.NewIDs(c.o.Seed, "corpus")
	n := 0
	for e, err := range c.events() {
		n++
		j := &job{of: e.of, err: err, done: make(chan struct{})}
		j.Request = Request{N: n, Event: e.Type, Case: e.of.Name, UUID: ids.Next(), Start: e.start}
		j.Body = e.Body
		select {
		case order <- j:
		case <-ctx.Done():
			return
		}
		if err != nil {
			close(j.done)
			return
		}
		select {
		case todo <- j:
		case <-ctx.Done():
			return
		}
	}
}

// sign completes j.
func (c *Corpus) sign(j *job) {
	defer close(j.done)
	j.Signature, j.err = c.o.Sign(j.Body)
	if j.err != nil {
		return
	}
	j.Record = NewRecord(c.o.URL, j.of, j.UUID, c.o.WebhookID, j.Signature, j.Body)
}

// NewRecord returns the request of a case; the zero Case is an ordinary one.
func NewRecord(url string, of Case, uuid, webhookID, signature string, body []byte) recording.Record {
	h := mocksender.SignedHeader(of.names, uuid, webhookID, signature)
	if of.dress != nil {
		h = of.dress(h)
	}
	return recording.Record{Method: http.MethodPost, URL: url, Header: h, Body: body}
}
