package receivers_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const (
	ok           = http.StatusOK
	unauthorized = http.StatusUnauthorized
	bad          = http.StatusBadRequest
	internal     = http.StatusInternalServerError
)

func b64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

func signatureOf(d *delivery) string { return d.Header.Get(rtk.HeaderSignature) }

// number is a signature that is the integer n, as long as the key.
func number(n int64) func(*bench) *delivery {
	return func(b *bench) *delivery {
		return b.carrying(startedBody, b64(big.NewInt(n).FillBytes(make([]byte, 256))))
	}
}

// sending sends startedBody under these signatures.
func sending(signatures ...string) func(*bench) *delivery {
	return func(b *bench) *delivery { return b.carrying(startedBody, signatures...) }
}

func byOtherKey(b *bench) *delivery { return b.forged(startedBody) }

// respelled carries the genuine signature, spelled in another way.
func respelled(f func(string) string) func(*bench) *delivery {
	return func(b *bench) *delivery {
		return b.carrying(startedBody, f(signatureOf(b.genuine(startedBody))))
	}
}

// half is the first half of the genuine signature.
func half(b *bench) *delivery {
	raw, _ := base64.StdEncoding.DecodeString(signatureOf(b.genuine(startedBody)))
	return b.carrying(startedBody, b64(raw[:128]))
}

// otherBody carries the genuine signature of another body.
func otherBody(b *bench) *delivery {
	return b.carrying(startedBody, signatureOf(b.genuine(recordingBody)))
}

func mac(b *bench) []byte {
	secret, err := rtk.PublicPEM(&b.key.PublicKey)
	assert.NilError(b.t, err)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(startedBody))
	return h.Sum(nil)
}

func headed(name, value string) func(*bench) *delivery {
	return func(b *bench) *delivery {
		d := b.forged(startedBody)
		d.Header.Set(name, value)
		return d
	}
}

func TestFlawsOfVerificationShow(t *testing.T) {
	testFlawCases(t, []flawCase{
		{flaw: "no-verification", make: sending(), flawed: ok, reference: unauthorized},
		{flaw: "presence-only", make: sending("x"), flawed: ok, reference: unauthorized},
		{flaw: "accepts-missing-header", make: sending(), flawed: ok, reference: unauthorized},
		{flaw: "accepts-empty-header", make: sending(""), flawed: ok, reference: unauthorized},
		{flaw: "verify-result-ignored", make: byOtherKey, flawed: ok, reference: unauthorized},
		{
			flaw: "verdict-remembered-by-signature", make: otherBody, flawed: ok, reference: unauthorized,
			first: []func(*bench) *delivery{func(b *bench) *delivery { return b.genuine(recordingBody) }},
		},
		{flaw: "errors-pass", make: half, flawed: ok, reference: unauthorized},
		{flaw: "minus-one-is-true", make: sending("!!!not-base64!!!"), flawed: ok, reference: unauthorized},
		{flaw: "list-of-headers-skips", make: sending("x", "y"), flawed: ok, reference: unauthorized},
		{flaw: "waves-old-keys-through", make: half, flawed: ok, reference: unauthorized},
		{flaw: "hmac-as-well", make: func(b *bench) *delivery { return b.carrying(startedBody, b64(mac(b))) }, flawed: ok, reference: unauthorized},
		{flaw: "hmac-as-well", make: func(b *bench) *delivery { return b.carrying(startedBody, hex.EncodeToString(mac(b))) }, flawed: ok, reference: unauthorized},
		{flaw: "hmac-instead-of-rsa", make: func(b *bench) *delivery { return b.genuine(startedBody) }, flawed: unauthorized, reference: ok},
		{flaw: "any-digest", make: func(b *bench) *delivery {
			sum := sha1.Sum([]byte(startedBody))
			raw, err := rsa.SignPKCS1v15(rand.Reader, b.key, crypto.SHA1, sum[:])
			assert.NilError(b.t, err)
			return b.carrying(startedBody, b64(raw))
		}, flawed: ok, reference: unauthorized},
		{flaw: "pss-as-well", make: func(b *bench) *delivery {
			sum := sha256.Sum256([]byte(startedBody))
			raw, err := rsa.SignPSS(rand.Reader, b.key, crypto.SHA256, sum[:], nil)
			assert.NilError(b.t, err)
			return b.carrying(startedBody, b64(raw))
		}, flawed: ok, reference: unauthorized},
		{flaw: "lenient-base64", make: respelled(func(s string) string { return strings.TrimRight(s, "=") }), flawed: ok, reference: unauthorized},
		{flaw: "lenient-base64", make: respelled(func(s string) string { return s[:4] + " " + s[4:] }), flawed: ok, reference: unauthorized},
		{flaw: "lenient-base64", make: respelled(func(s string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(s) + "=" }), flawed: ok, reference: unauthorized},
		{flaw: "compares-what-is-left", make: number(0), flawed: ok, reference: unauthorized},
		{flaw: "compares-what-is-left", make: number(1), flawed: ok, reference: unauthorized},
		{flaw: "one-means-yes", make: number(1), flawed: ok, reference: unauthorized},
		{flaw: "decrypts-without-comparing", make: otherBody, flawed: ok, reference: unauthorized},
		{flaw: "uses-last-header", make: withTwoSignatures, flawed: ok, reference: unauthorized},
		{flaw: "refuses-with-403", make: byOtherKey, flawed: http.StatusForbidden, reference: unauthorized},
		{flaw: "500-on-refusal", make: byOtherKey, flawed: internal, reference: unauthorized},
		{flaw: "throws-on-garbage", make: sending("!!!"), flawed: internal, reference: unauthorized},
	})
}

// withTwoSignatures carries a bad and then the genuine signature.
func withTwoSignatures(b *bench) *delivery {
	return b.carrying(startedBody, "x", signatureOf(b.genuine(startedBody)))
}

// Each flaw is one flaw: it still rejects what the others accept.
func TestFlawsOfVerificationGoNoFurther(t *testing.T) {
	for _, test := range []struct {
		flaw string
		make func(*bench) *delivery
	}{
		{"presence-only", sending()},
		{"presence-only", sending("")},
		{"accepts-missing-header", sending("")},
		{"accepts-missing-header", byOtherKey},
		{"accepts-empty-header", sending()},
		{"verify-result-ignored", sending("!!!not-base64!!!")},
		{"verdict-remembered-by-signature", byOtherKey},
		{"errors-pass", byOtherKey},
		{"errors-pass", sending()},
		{"minus-one-is-true", half},
		{"list-of-headers-skips", byOtherKey},
		{"waves-old-keys-through", byOtherKey},
		{"waves-old-keys-through", func(b *bench) *delivery { return b.carrying(startedBody, b64(mac(b))) }},
		{"hmac-as-well", byOtherKey},
		{"any-digest", byOtherKey},
		{"lenient-base64", sending("!!!not-base64!!!")},
		{"compares-what-is-left", number(2)},
		{"compares-what-is-left", byOtherKey},
		{"one-means-yes", number(0)},
		{"decrypts-without-comparing", byOtherKey},
		{"decrypts-without-comparing", number(1)},
		{"uses-last-header", func(b *bench) *delivery {
			return b.carrying(startedBody, signatureOf(b.genuine(startedBody)), "x")
		}},
	} {
		b := newBench(t, test.flaw)
		d := test.make(b)
		assert.Equal(t, b.status(d), unauthorized, test.flaw)
		b.rc.Close()
		assert.Equal(t, b.rc.Count(d.uuid), 0, test.flaw)
	}
}

func TestFlawsOfSignedBytesShow(t *testing.T) {
	indented := strings.ReplaceAll(startedBody, `":`, `" : `)
	tampered := func(b *bench) *delivery { return b.carrying(indented, signatureOf(b.genuine(startedBody))) }
	signed := func(body string) func(*bench) *delivery {
		return func(b *bench) *delivery { return b.genuine(body) }
	}
	testFlawCases(t, []flawCase{
		{flaw: "reserialises", make: tampered, flawed: ok, reference: unauthorized},
		{flaw: "reserialises", make: signed(indented), flawed: unauthorized, reference: ok},
		{flaw: "reserialises", make: signed(joined(`"Ren\u00e9e"`, "1")), flawed: unauthorized, reference: ok},
		{flaw: "raw-or-reserialised", make: tampered, flawed: ok, reference: unauthorized},
		{flaw: "raw-or-reserialised", make: signed(indented), flawed: ok, reference: ok},
		{flaw: "trims-body", make: signed(startedBody + "\n"), flawed: unauthorized, reference: ok},
		{flaw: "normalises-line-ends", make: signed(startedBody + "\r\n"), flawed: unauthorized, reference: ok},
		{flaw: "normalises-unicode", make: signed(joined("\"Bo\u0308hm\"", "1")), flawed: unauthorized, reference: ok},
		{flaw: "latin1-body", make: signed(joined(`"Zoë"`, "1")), flawed: unauthorized, reference: ok},
		{flaw: "latin1-body", make: signed(joined(`"Zo\u00eb"`, "1")), flawed: ok, reference: ok},
	})
}

func TestOnlyTheFlawedTrustKeysFromTheRequest(t *testing.T) {
	attackerPEM, err := rtk.PublicPEM(&mustKey(t, otherKey).PublicKey)
	assert.NilError(t, err)
	testFlawCases(t, []flawCase{
		{flaw: "key-url-from-header", make: headed("x-key-url", attackerURL), flawed: ok, reference: unauthorized},
		{flaw: "key-url-from-body", make: func(b *bench) *delivery {
			return b.forged(strings.Replace(startedBody, "{", `{"keyUrl":"`+attackerURL+`",`, 1))
		}, flawed: ok, reference: unauthorized},
		{flaw: "key-from-header", make: headed("x-public-key", strings.ReplaceAll(attackerPEM, "\n", `\n`)), flawed: ok, reference: unauthorized},
		{flaw: "fetches-named-url", make: headed("x-key-url", attackerURL), flawed: unauthorized, reference: unauthorized},
	})
	for name, want := range map[string]int{"key-url-from-header": 1, "fetches-named-url": 1, "key-from-header": 0, "": 0} {
		b := newBench(t, name)
		b.send(headed("x-key-url", attackerURL)(b))
		b.rc.Close()
		assert.Equal(t, b.web.hitsOn("attacker.test"), want, "%q", name)
	}
}

func TestEffectsBeforeVerificationShow(t *testing.T) {
	for _, test := range []struct {
		name             string
		effects, fetched int
	}{
		{"acts-before-verifying", 1, 1},
		{"downloads-before-verifying", 0, 1},
		{"", 0, 0},
	} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, test.name)
			defer b.rc.Close()
			d := b.forged(recordingBody)
			assert.Equal(t, b.status(d), unauthorized)
			later(second)
			assert.Equal(t, b.rc.Count(d.uuid), test.effects, test.name)
			assert.Equal(t, b.web.hitsOn("files.test"), test.fetched, test.name)
			genuine := b.genuine(recordingBody)
			assert.Equal(t, b.status(genuine), ok)
			later(second)
			assert.Equal(t, b.rc.Count(genuine.uuid), 1, test.name)
			assert.Equal(t, b.web.hitsOn("files.test"), test.fetched+1, test.name)
		})
	}
}

func TestRefusalsLeakOnlyWhereTheyShould(t *testing.T) {
	for name, leak := range map[string]string{
		"leaks-stack": "\n    at verifySignature (/srv/app/",
		"leaks-key":   "-----BEGIN PUBLIC KEY-----",
	} {
		b := newBench(t, name)
		rec := b.send(b.forged(startedBody))
		assert.Equal(t, rec.Code, unauthorized)
		assert.Assert(t, bytes.Contains(rec.Body.Bytes(), []byte(leak)), "%s: %s", name, rec.Body)
		b.rc.Close()
	}
}

func TestConnectionIsCutWhereThatIsTheFlaw(t *testing.T) {
	b := newBench(t, "hangs-up-on-forgeries")
	defer b.rc.Close()
	send := b.whole(t)
	_, err := send(b.forged(startedBody))
	assert.Assert(t, err != nil)
	code, err := send(b.genuine(startedBody))
	assert.NilError(t, err)
	assert.Equal(t, code, ok)
}

func TestDeadProcessStaysDead(t *testing.T) {
	b := newBench(t, "dies-on-garbage")
	defer b.rc.Close()
	send := b.whole(t)
	code, err := send(b.genuine(startedBody))
	assert.NilError(t, err)
	assert.Equal(t, code, ok)
	for _, d := range []*delivery{b.carrying(startedBody, "!!!"), b.genuine(startedBody)} {
		_, err = send(d)
		assert.Assert(t, err != nil)
	}
}

func TestLeakEmptiesThePoolAfterTwentyForgeries(t *testing.T) {
	b := newBench(t, "leaks-on-refusal")
	defer b.rc.Close()
	for range 20 {
		assert.Equal(t, b.status(b.carrying(startedBody)), unauthorized)
	}
	assert.Equal(t, b.status(b.genuine(startedBody)), http.StatusServiceUnavailable)
}
