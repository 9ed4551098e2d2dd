package receivers_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestKeyIsFetchedWhenItIsFirstNeeded(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	for _, d := range []*delivery{b.carrying(startedBody), b.carrying(startedBody, ""), b.carrying(startedBody, "!!!")} {
		assert.Equal(t, b.status(d), http.StatusUnauthorized)
	}
	assert.Equal(t, b.web.hitsOn("keys.test"), 0, "what cannot be a signature needs no key")
	for range 3 {
		assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
	}
	assert.Equal(t, b.web.hitsOn("keys.test"), 1)
}

func TestConcurrentDeliveriesShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		defer b.rc.Close()
		release := make(chan struct{})
		doc := document(t, b.key)
		b.web.on("keys.test", func(w http.ResponseWriter, r *http.Request) {
			<-release
			serving(doc)(w, r)
		})
		var deliveries []*delivery
		for range 8 {
			deliveries = append(deliveries, b.genuine(startedBody))
		}
		codes := b.together(deliveries)
		synctest.Wait()
		close(release)
		for _, code := range codes() {
			assert.Equal(t, code, http.StatusOK)
		}
		assert.Equal(t, b.web.hitsOn("keys.test"), 1)
	})
}

// together sends deliveries at once. The function it returns waits for the
// answers.
func (b *bench) together(deliveries []*delivery) func() []int {
	codes := make([]int, len(deliveries))
	var wg sync.WaitGroup
	for i, d := range deliveries {
		wg.Go(func() { codes[i] = b.status(d) })
	}
	return func() []int {
		wg.Wait()
		return codes
	}
}

func TestNewKeyIsFoundWhenTheOldOneNoLongerVerifies(t *testing.T) {
	b := newBench(t, "", func(c *receivers.Config) { c.RefetchEvery = time.Nanosecond })
	defer b.rc.Close()
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
	b.serveKey(mustKey(t, otherKey))
	assert.Equal(t, b.status(b.forged(startedBody)), http.StatusOK, "it is the genuine key now")
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusUnauthorized, "the old key is gone")
}

func TestForgeriesCauseFewFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "", func(c *receivers.Config) { c.RefetchEvery = time.Second })
		defer b.rc.Close()
		forged := b.forged(startedBody)
		assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
		for range 100 {
			assert.Equal(t, b.status(forged), http.StatusUnauthorized)
			later(100 * time.Millisecond)
		}
		// One at first, and one for each second of the ten.
		assert.Assert(t, b.web.hitsOn("keys.test") <= 11, "%d fetches", b.web.hitsOn("keys.test"))
		assert.Assert(t, b.web.hitsOn("keys.test") >= 9, "%d fetches", b.web.hitsOn("keys.test"))
	})
}

func TestWithoutAKeyDeliveriesAreAskedForAgain(t *testing.T) {
	tests := []struct {
		reason string
		serve  http.HandlerFunc
	}{
		{"an error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
		{"no answer", hang},
		{"a page", serving("<!DOCTYPE html><title>Down for maintenance</title>")},
		{"no data", serving(`{"success":true,"data":{},"message":""}`)},
		{"success false", func(w http.ResponseWriter, r *http.Request) {
			serving(strings.Replace(document(t, mustKey(t, genuineKey)), "true", "false", 1))(w, r)
		}},
		{"half a key", serving(`{"success":true,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG\n-----END PUBLIC KEY-----"}}`)},
		{"another kind of key", serving(`{"success":true,"data":{"publicKey":"` + ecPEM(t) + `"}}`)},
		{"too much", func(w http.ResponseWriter, r *http.Request) {
			serving(document(t, mustKey(t, genuineKey))+strings.Repeat(" ", 64<<10))(w, r)
		}},
		{"a redirect to another host", redirectTo(attackerURL)},
		{"a redirect to itself", redirectTo(keyURL)},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var delivered receivers.Delivery
				b := newBench(t, "", func(c *receivers.Config) {
					c.OnDelivery = func(d receivers.Delivery) { delivered = d }
				})
				defer b.rc.Close()
				b.web.on("keys.test", test.serve)
				genuine, forged := b.genuine(startedBody), b.forged(startedBody)
				assert.Equal(t, b.status(genuine), http.StatusServiceUnavailable)
				assert.ErrorIs(t, delivered.VerifyErr, receivers.ErrNoKey)
				assert.Equal(t, b.status(forged), http.StatusServiceUnavailable, "nobody can tell yet")
				assert.Equal(t, b.rc.Count(genuine.uuid)+b.rc.Count(forged.uuid), 0)
				assert.Equal(t, b.web.hitsOn("attacker.test"), 0)

				b.serveKey(b.key)
				later(receivers.DefaultRefetchEvery)
				assert.Equal(t, b.status(genuine), http.StatusOK, "the failure is not remembered for long")
				assert.Equal(t, b.status(forged), http.StatusUnauthorized)
			})
		})
	}
}

func redirectTo(url string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusFound) }
}

func ecPEM(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	assert.NilError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	assert.NilError(t, err)
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return strings.ReplaceAll(string(block), "\n", `\n`)
}

func TestKeyIsReadHoweverItIsWritten(t *testing.T) {
	text, err := rtk.PublicPEM(&mustKey(t, genuineKey).PublicKey)
	assert.NilError(t, err)
	for reason, written := range map[string]string{
		"as the guide shows it":         text,
		"line breaks escaped twice":     strings.ReplaceAll(text, "\n", `\n`),
		"CRLF":                          strings.ReplaceAll(text, "\n", "\r\n"),
		"CRLF escaped twice":            strings.ReplaceAll(text, "\n", `\r\n`),
		"all on one line":               strings.ReplaceAll(text, "\n", ""),
		"the armour left out":           strings.Join(strings.Split(text, "\n")[1:8], "\n"),
		"white space before and behind": " \n" + text + "\n\n",
	} {
		t.Run(reason, func(t *testing.T) {
			b := newBench(t, "")
			defer b.rc.Close()
			doc, err := rtk.KeyDocument(written)
			assert.NilError(t, err)
			b.web.on("keys.test", serving(string(doc)))
			assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
		})
	}
}

func TestHeldKeyOutlivesAnOutage(t *testing.T) {
	b := newBench(t, "", func(c *receivers.Config) { c.RefetchEvery = time.Nanosecond })
	defer b.rc.Close()
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
	b.web.on("keys.test", nil)
	assert.Equal(t, b.status(b.forged(startedBody)), http.StatusUnauthorized)
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
}

func TestKeyMayMoveOnItsOwnHost(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	doc := document(t, b.key)
	b.web.on("keys.test", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			serving(doc)(w, r)
			return
		}
		http.Redirect(w, r, "/moved", http.StatusFound)
	})
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
}

func TestPublicKeyStandsInForTheURL(t *testing.T) {
	b := newBench(t, "", func(c *receivers.Config) { c.KeyURL = "" })
	defer b.rc.Close()
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusOK)
	assert.Equal(t, b.status(b.forged(startedBody)), http.StatusUnauthorized)

	bare := newBench(t, "", func(c *receivers.Config) { c.KeyURL, c.PublicKey = "", nil })
	defer bare.rc.Close()
	assert.Equal(t, bare.status(bare.genuine(startedBody)), http.StatusServiceUnavailable)
}

func TestSenderThatLeavesDoesNotSpoilTheFetchForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		defer b.rc.Close()
		release := make(chan struct{})
		doc := document(t, b.key)
		b.web.on("keys.test", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
				serving(doc)(w, r)
			case <-r.Context().Done():
			}
		})
		ctx, leave := context.WithCancel(t.Context())
		impatient, patient := b.genuine(startedBody), b.genuine(startedBody)
		impatient.Request = impatient.WithContext(ctx)
		codes := b.together([]*delivery{impatient, patient})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(release)
		assert.DeepEqual(t, codes(), []int{http.StatusServiceUnavailable, http.StatusOK})
		assert.Equal(t, b.web.hitsOn("keys.test"), 1)
	})
}
