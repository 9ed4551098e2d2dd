package diagnose_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"os"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// The keys of all tests, made once: a key takes longer than any test.
var ownKey, strangersKey *rsa.PrivateKey

func TestMain(m *testing.M) {
	for _, dst := range []**rsa.PrivateKey{&ownKey, &strangersKey} {
		key, err := rtk.GenerateKey()
		if err != nil {
			panic(err)
		}
		*dst = key
	}
	os.Exit(m.Run())
}

// named is ownKey as a receiver has it.
func named() diagnose.Key { return diagnose.Key{Name: "key.pem", Public: &ownKey.PublicKey} }

// joined is a body with letters beyond ASCII, slashes and what HTML escapes.
func joined(t testing.TB) []byte {
	t.Helper()
	return sample(t, rtk.MeetingParticipantJoined, `"Zoë <& 日本/𝄞>"`)
}

func sample(t testing.TB, event rtk.EventType, name string) []byte {
	t.Helper()
	e, err := payload.Sample(event, payload.Options{Seed: 1})
	assert.NilError(t, err)
	body := e.Body
	if name != "" {
		body, err = payload.Set(body, "participant.userDisplayName", []byte(name))
		assert.NilError(t, err)
	}
	return body
}

func sign(t testing.TB, body []byte) string {
	t.Helper()
	s, err := rtk.Sign(ownKey, body)
	assert.NilError(t, err)
	return s
}

func pkcs1(t testing.TB, hash crypto.Hash, digest []byte) string {
	t.Helper()
	raw, err := rsa.SignPKCS1v15(rand.Reader, ownKey, hash, digest)
	assert.NilError(t, err)
	return base64.StdEncoding.EncodeToString(raw)
}

func mac(secret string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return h.Sum(nil)
}

func diagnosed(t testing.TB, c diagnose.Case) diagnose.Report {
	t.Helper()
	if c.Key.Public == nil {
		c.Key = named()
	}
	r, err := diagnose.Diagnose(c)
	assert.NilError(t, err)
	return r
}

func ids(r diagnose.Report) []diagnose.ID {
	out := []diagnose.ID{}
	for _, f := range r.Findings {
		out = append(out, f.ID)
	}
	return out
}

// shortKey is a key of 1024 bits that nobody holds.
func shortKey() *rsa.PublicKey {
	n := new(big.Int).Lsh(big.NewInt(1), 1023)
	return &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}
}
