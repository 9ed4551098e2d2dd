package receivers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrNoKey is wrapped by Delivery.VerifyErr where there was no key to verify
// with. The sender is asked to try again.
var ErrNoKey = errors.New("receivers: no key to verify with")

// key is what signatures are verified with.
type key = rsa.PublicKey

// keySource returns the key to verify with. If old is not nil, a signature did
// not verify with old, and a newer key is wanted. Errors match ErrNoKey.
type keySource func(ctx context.Context, old *key) (*key, error)

// fixedKey is a key that never changes.
func fixedKey(pub *key) keySource {
	return func(_ context.Context, old *key) (*key, error) {
		switch {
		case pub == nil:
			return nil, fmt.Errorf("%w: neither KeyURL nor PublicKey is set", ErrNoKey)
		case old != nil:
			return nil, ErrNoKey
		}
		return pub, nil
	}
}

// uncached fetches the key at url each time.
func (f *keyFetcher) uncached(url string) keySource {
	return func(ctx context.Context, old *key) (*key, error) {
		if old != nil {
			return nil, ErrNoKey
		}
		return f.fetch(ctx, url)
	}
}

// keyCache fetches the key when it is first needed, keeps it, and fetches it
// again when a signature does not verify. Deliveries that need it at the same
// time share one fetch. There is some time between two fetches: a flood of
// forgeries must not become a flood of fetches.
type keyCache struct {
	fetch        func(context.Context) (*key, error)
	background   *background
	refetchEvery time.Duration // after a fetch that succeeded
	retryEvery   time.Duration // after one that failed
	unshared     bool          // while there is no key, each delivery fetches for itself
	dropsFirst   bool          // forgets the key before it fetches another

	mu      sync.Mutex
	key     *key      // the latest one that was fetched
	failure error     // of the last fetch
	last    time.Time // when the last fetch ended
	flight  chan struct{}
}

// source is a keySource.
func (c *keyCache) source(ctx context.Context, old *key) (*key, error) {
	c.mu.Lock()
	if c.key == nil || c.key == old {
		if c.dropsFirst {
			c.key = nil
		}
		if err := c.fetchOrWait(ctx); err != nil {
			return nil, err
		}
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	if c.key == nil || c.key == old {
		return nil, cmp.Or(c.failure, ErrNoKey)
	}
	return c.key, nil
}

// fetchOrWait waits for the fetch that is under way, or starts one unless the
// last one has just ended. The caller holds mu, and fetchOrWait releases it. The error is about the caller's context only.
func (c *keyCache) fetchOrWait(ctx context.Context) error {
	flight := c.flight
	if flight == nil {
		every := c.refetchEvery
		if c.failure != nil {
			every = c.retryEvery
		}
		if !c.last.IsZero() && time.Since(c.last) < every {
			c.mu.Unlock()
			return nil
		}
		flight = make(chan struct{})
		if !c.background.start(func(ctx context.Context) { c.run(ctx, flight) }) {
			c.mu.Unlock()
			return fmt.Errorf("%w: the receiver is closed", ErrNoKey)
		}
		if !c.unshared || c.key != nil {
			c.flight = flight
		}
	}
	c.mu.Unlock()
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNoKey, context.Cause(ctx))
	}
}

// run fetches the key. It does not belong to the request that caused it, since
// others wait for it too. A key that was fetched before survives a failure.
func (c *keyCache) run(ctx context.Context, flight chan struct{}) {
	began := time.Now()
	got, err := c.fetch(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure, c.last, c.flight = err, time.Now(), nil; err == nil {
		c.last = began // the key is as old as that
	}
	if err == nil && (c.key == nil || !c.key.Equal(got)) {
		c.key = got
	}
	close(flight)
}

// keyDocumentLimit is how much of a key document is read. A real one has about
// 500 bytes.
const keyDocumentLimit = 64 << 10

// keyFetcher fetches key documents.
type keyFetcher struct {
	client  *http.Client
	anyHost bool // follows redirects to other hosts
	timeout time.Duration
	limit   int64 // bytes of a document
	parse   func(publicKey string) (*key, error)
	note    func(err error, format string, args ...any)
}

// fetch returns the key of the document at url. Every error matches ErrNoKey.
func (f *keyFetcher) fetch(ctx context.Context, url string) (*key, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	got, err := f.get(ctx, url)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrNoKey, err)
		f.note(err, "the key could not be fetched")
		return nil, err
	}
	f.note(nil, "fetched the key")
	return got, nil
}

func (f *keyFetcher) get(ctx context.Context, url string) (*key, error) {
	client := *f.client
	if f.anyHost {
		client.CheckRedirect = nil
	}
	var document bytes.Buffer
	n, err := download(ctx, &client, url, "application/json", &document, f.limit+1)
	if err != nil {
		return nil, err
	}
	if n > f.limit {
		return nil, fmt.Errorf("the key document has more than %d bytes", f.limit)
	}
	text, err := readKeyDocument(document.Bytes())
	if err != nil {
		return nil, err
	}
	return f.parse(text)
}

// readKeyDocument reads the document that the guide shows: {"success": true,
// "data": {"publicKey": "…"}, "message": ""}.
func readKeyDocument(document []byte) (string, error) {
	var parsed struct {
		Success *bool `json:"success"`
		Data    struct {
			PublicKey string `json:"publicKey"`
		} `json:"data"`
	}
	if err := json.Unmarshal(document, &parsed); err != nil {
		return "", errors.New("the key document is not the expected JSON")
	}
	if parsed.Success != nil && !*parsed.Success {
		return "", errors.New(`the key document says "success": false`)
	}
	return parsed.Data.PublicKey, nil
}

// errNoPEM means that a document looks right and has no key in it.
var errNoPEM = errors.New("the key document has no PEM-encoded public key")

// parsePEM reads a key as the guide's sample does: it removes the BEGIN and END
// lines, literal \n and all white space, and decodes the rest.
func parsePEM(text string) (*key, error) {
	text = strings.NewReplacer(
		"-----BEGIN PUBLIC KEY-----", "", "-----END PUBLIC KEY-----", "", `\r`, "", `\n`, "",
	).Replace(text)
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(der) == 0 {
		return nil, errNoPEM
	}
	return rtk.ParsePublicKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
