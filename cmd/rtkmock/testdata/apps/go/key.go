package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

const keyURL = "https://api.realtime.cloudflare.com/.well-known/webhooks.json"

// key is the public key of the service, fetched again when it is too old.
type key struct {
	mu     sync.Mutex
	at     time.Time
	public *rsa.PublicKey
}

var errSignature = errors.New("invalid signature")

// verify verifies the bytes as they came. If the signature does not fit, the key may
// have changed: a key of the last second has the last word, so forgeries cause few
// fetches.
func (k *key) verify(raw []byte, signature string) error {
	sig, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return errSignature
	}
	sum := sha256.Sum256(raw)
	for _, maxAge := range []time.Duration{time.Hour, time.Second} {
		public, err := k.get(maxAge)
		if err != nil {
			return err
		}
		if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig) == nil {
			return nil
		}
	}
	return errSignature
}

func (k *key) get(maxAge time.Duration) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.public != nil && time.Since(k.at) < maxAge {
		return k.public, nil
	}
	resp, err := (&http.Client{Timeout: 2 * time.Second}).Get(keyURL)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var document struct{ Data struct{ PublicKey string } }
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(strings.ReplaceAll(document.Data.PublicKey, `\n`, "\n")))
	if block == nil {
		return nil, errors.New("the key document has no key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the key is not RSA")
	}
	k.public, k.at = public, time.Now()
	return public, nil
}
