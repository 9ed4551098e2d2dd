// Package webhook is what the receivers here have in common: the key, and the work
// that an event causes.
package webhook

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// cooldown is the least time between two fetches, so that forgeries cause few.
const cooldown = 200 * time.Millisecond

var client = &http.Client{
	Timeout:       time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a redirect") },
}

var (
	mu      sync.Mutex // held while the key is fetched: whoever needs it waits for that
	key     *rsa.PublicKey
	fetched time.Time
)

// Genuine reports whether header is a signature of body. The error says why there is
// no key: then nobody can tell.
func Genuine(ctx context.Context, body []byte, header string) (bool, error) {
	signature, err := base64.StdEncoding.Strict().DecodeString(header)
	if err != nil || header == "" {
		return false, nil
	}
	sum := sha256.Sum256(body)
	fits := func() bool {
		return key != nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}
	mu.Lock()
	defer mu.Unlock()
	if fits() {
		return true, nil
	}
	if key != nil && time.Since(fetched) < cooldown {
		return false, nil
	}
	fresh, err := fetchKey(ctx)
	if err == nil {
		key, fetched = fresh, time.Now()
	}
	if key == nil {
		return false, err
	}
	return fits(), nil
}

func fetchKey(ctx context.Context) (*rsa.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("key document: %s", resp.Status)
	}
	var document struct {
		Success bool
		Data    struct{ PublicKey string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&document); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(strings.ReplaceAll(document.Data.PublicKey, `\n`, "\n")))
	if block == nil || !document.Success {
		return nil, errors.New("no key in the document")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	rsaKey, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("no RSA key")
	}
	return rsaKey, nil
}
