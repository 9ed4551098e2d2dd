package receivers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// fetched is a key that is fetched when it is first needed, held, and fetched
// again when a signature does not verify. Whoever needs it at the same time
// shares one fetch, and between two fetches there is some time: a flood of
// forgeries must not become a flood of fetches.
type fetched struct {
	fetch func(context.Context) (*key, error)
	spawn func(func(context.Context)) bool
	every time.Duration // after a fetch that was good
	after time.Duration // after one that failed
	alone bool          // nobody shares a fetch while there is no key

	mu      sync.Mutex
	key     *key      // the latest good one
	failure error     // of the last fetch
	last    time.Time // when that ended
	flight  chan struct{}
}

func (f *fetched) current(ctx context.Context) (*key, error) {
	f.mu.Lock()
	if f.key != nil {
		defer f.mu.Unlock()
		return f.key, nil
	}
	if err := f.again(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return nil, f.failure
	}
	return f.key, nil
}

func (f *fetched) newer(ctx context.Context, old *key) *key {
	f.mu.Lock()
	if f.key == old {
		if f.again(ctx) != nil {
			return nil
		}
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	if f.key == old {
		return nil
	}
	return f.key
}

// again joins the fetch that is under way, or starts one unless the last was
// only just now, and returns when it is over. It is called with mu held and
// returns with it released. The error is about the caller's context alone.
func (f *fetched) again(ctx context.Context) error {
	flight := f.flight
	if flight == nil {
		every := f.every
		if f.failure != nil {
			every = f.after
		}
		if !f.last.IsZero() && time.Since(f.last) < every {
			f.mu.Unlock()
			return nil
		}
		flight = make(chan struct{})
		if !f.spawn(func(ctx context.Context) { f.fly(ctx, flight) }) {
			f.mu.Unlock()
			return fmt.Errorf("%w: the receiver is closed", ErrNoKey)
		}
		if !f.alone || f.key != nil {
			f.flight = flight
		}
	}
	f.mu.Unlock()
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNoKey, context.Cause(ctx))
	}
}

// fly does not belong to the request that caused it: others wait for it too.
// A key that was fetched before outlives a fetch that fails.
func (f *fetched) fly(ctx context.Context, landed chan struct{}) {
	began := time.Now()
	got, err := f.fetch(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure, f.last, f.flight = err, time.Now(), nil; err == nil {
		f.last = began // what came is as old as that
	}
	if err == nil && (f.key == nil || !f.key.Equal(got)) {
		f.key = got
	}
	close(landed)
}

// oneOff is a key fetched for one request and forgotten.
type oneOff struct {
	fetch func(context.Context) (*key, error)
}

func (o oneOff) current(ctx context.Context) (*key, error) { return o.fetch(ctx) }
func (oneOff) newer(context.Context, *key) *key            { return nil }

// maxKeyDocument is how much of a key document is read. A real one has about
// 500 bytes.
const maxKeyDocument = 64 << 10

// fetchKey gets the key document at url. Every error matches ErrNoKey.
func (rc *Receiver) fetchKey(ctx context.Context, url string) (*key, error) {
	ctx, cancel := context.WithTimeout(ctx, rc.b.fetchTime)
	defer cancel()
	got, err := rc.getKey(ctx, url)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrNoKey, err)
		rc.note(err, "the key could not be fetched")
		return nil, err
	}
	rc.note(nil, "fetched the key")
	return got, nil
}

func (rc *Receiver) getKey(ctx context.Context, url string) (*key, error) {
	client := *rc.client
	if rc.b.anywhere {
		client.CheckRedirect = nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the key endpoint answered %d", resp.StatusCode)
	}
	document, err := io.ReadAll(io.LimitReader(resp.Body, rc.b.maxDocument+1))
	if err != nil {
		return nil, err
	}
	if int64(len(document)) > rc.b.maxDocument {
		return nil, fmt.Errorf("the key document has more than %d bytes", rc.b.maxDocument)
	}
	text, err := readKeyDocument(document)
	if err != nil {
		return nil, err
	}
	return rc.b.parseKey(text)
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
		return "", errors.New("the key document is not the JSON that is expected")
	}
	if parsed.Success != nil && !*parsed.Success {
		return "", errors.New(`the key document says "success": false`)
	}
	return parsed.Data.PublicKey, nil
}

// errNoPEM is the failure of a document that looks well and has no key in it.
var errNoPEM = errors.New("the key document holds no PEM-encoded public key")

// parsePEM reads a key as the guide's sample does, which takes the PEM armour,
// literal \n and all white space away and decodes what is left.
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
