package rtk_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const body = `{"event":"meeting.started","meeting":{"title":"Café — 会议 🎥"}}`

func sign(t testing.TB, key *rsa.PrivateKey, body []byte) string {
	t.Helper()
	signature, err := rtk.Sign(key, body)
	assert.NilError(t, err)
	return signature
}

func decode(t testing.TB, signature string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(signature)
	assert.NilError(t, err)
	return raw
}

// The guide: "Base64-encoded RSA-SHA256 signature for the request body." What
// that is, RFC 8017, section 8.2.2 and 9.2, says in numbers; no code of
// crypto/rsa takes part here.
func TestSignatureOpensToTheEncodedDigest(t *testing.T) {
	key := testKey(t)
	raw := decode(t, sign(t, key, []byte(body)))
	assert.Equal(t, len(raw), key.Size())

	opened := new(big.Int).Exp(new(big.Int).SetBytes(raw), big.NewInt(int64(key.E)), key.N)

	sha256Prefix, err := hex.DecodeString("3031300d060960864801650304020105000420")
	assert.NilError(t, err)
	digest := sha256.Sum256([]byte(body))
	tail := append(sha256Prefix, digest[:]...)
	filler := bytes.Repeat([]byte{0xff}, key.Size()-3-len(tail))
	want := bytes.Join([][]byte{{0, 1}, filler, {0}, tail}, nil)
	assert.DeepEqual(t, opened.FillBytes(make([]byte, key.Size())), want)
}

func TestSignatureVerifiesWithTheStandardLibrary(t *testing.T) {
	key := testKey(t)
	for _, body := range [][]byte{nil, []byte("{}"), []byte(body), bytes.Repeat([]byte("x"), 1<<20)} {
		digest := sha256.Sum256(body)
		err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], decode(t, sign(t, key, body)))
		assert.NilError(t, err)
	}
}

func TestSignDependsOnKeyAndBodyAlone(t *testing.T) {
	first := sign(t, testKey(t), []byte(body))
	assert.Equal(t, sign(t, testKey(t), []byte(body)), first)
	assert.Assert(t, sign(t, testKey(t), []byte(body+" ")) != first)
	assert.Assert(t, sign(t, otherKey(t), []byte(body)) != first)
}

func TestVerifyTakesTheGenuineSignatureOnly(t *testing.T) {
	key := testKey(t)
	pub := &key.PublicKey
	genuine := sign(t, key, []byte(body))
	raw := decode(t, genuine)
	assert.NilError(t, rtk.Verify(pub, []byte(body), genuine))

	encode := base64.StdEncoding.EncodeToString
	number := func(n *big.Int) string { return encode(n.FillBytes(make([]byte, key.Size()))) }
	sha1Digest, sha512Digest, sha256Digest := sha1.Sum([]byte(body)), sha512.Sum512([]byte(body)), sha256.Sum256([]byte(body))
	withSHA1, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA1, sha1Digest[:])
	assert.NilError(t, err)
	withSHA512, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA512, sha512Digest[:])
	assert.NilError(t, err)
	withoutPrefix, err := rsa.SignPKCS1v15(rand.Reader, key, 0, sha256Digest[:])
	assert.NilError(t, err)
	withPSS, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sha256Digest[:], nil)
	assert.NilError(t, err)
	publicPEM, err := rtk.PublicPEM(pub)
	assert.NilError(t, err)
	mac := hmac.New(sha256.New, []byte(publicPEM))
	mac.Write([]byte(body))

	tests := []struct{ name, signature, reason string }{
		{"empty", "", "a header without a value signs nothing"},
		{"other key", sign(t, otherKey(t), []byte(body)), "anyone can make a key"},
		{"other body", sign(t, key, []byte("{}")), "a signature belongs to its body"},
		{"half", genuine[:len(genuine)/2], "a truncated header"},
		{"half the bytes", encode(raw[:128]), "the length is the modulus's"},
		{"one byte more", encode(append(bytes.Clone(raw), 0)), "the length is the modulus's"},
		{"leading zero", encode(append([]byte{0}, raw...)), "equal as a number, not as a signature"},
		{"zeros", encode(make([]byte, 256)), "s = 0 opens to 0"},
		{"one", number(big.NewInt(1)), "s = 1 opens to 1 under every key"},
		{"modulus", number(key.N), "s = n is 0 in disguise"},
		{"beyond the modulus", encode(bytes.Repeat([]byte{0xff}, 256)), "s must be below n"},
		{"garbage", "!!!not-base64!!!", "not Base64 at all"},
		{"hex", hex.EncodeToString(raw), "the guide says Base64"},
		{"URL alphabet", strings.NewReplacer("+", "-", "/", "_").Replace(withPlus(genuine)), "another alphabet"},
		{"no padding", strings.TrimRight(genuine, "="), "256 bytes need it"},
		{"space before", " " + genuine, "white space is no Base64"},
		{"line break within", genuine[:76] + "\r\n" + genuine[76:], "the decoder alone would pass over it"},
		{"line break at the end", genuine + "\n", "the decoder alone would pass over it"},
		{"stray bits", strayBits(genuine), "one signature has one encoding"},
		{"hash prefix missing", encode(withoutPrefix), "PKCS #1 v1.5 names the hash"},
		{"SHA-1", encode(withSHA1), "the guide says SHA-256"},
		{"SHA-512", encode(withSHA512), "the guide says SHA-256"},
		{"PSS", encode(withPSS), "the guide's code says RSASSA-PKCS1-v1_5"},
		{"HMAC with the public key", encode(mac.Sum(nil)), "the public key is no secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := rtk.Verify(pub, []byte(body), tt.signature)
			assert.ErrorIs(t, err, rtk.ErrSignature, tt.reason)
			assert.Assert(t, !strings.Contains(err.Error(), "\n"), "one line")
		})
	}
}

// withPlus makes sure that the two alphabets spell the signature differently.
// One in fifty thousand has neither character.
func withPlus(signature string) string {
	if strings.ContainsAny(signature, "+/") {
		return signature
	}
	return "+" + signature[1:]
}

// strayBits sets one of the four bits that the last character before the
// padding has too many: 256 bytes are 2048 bits, 342 characters hold 2052.
func strayBits(signature string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.TrimRight(signature, "=")
	n := strings.IndexByte(alphabet, last[len(last)-1])
	return last[:len(last)-1] + string(alphabet[n|1]) + signature[len(last):]
}

// The guide: "Verify rtk-signature against the raw request body. Do not
// reserialize parsed JSON before verification because changes in whitespace or
// key order can change the signed bytes."
func TestVerifyRefusesEveryOtherBody(t *testing.T) {
	key := testKey(t)
	genuine := sign(t, key, []byte(body))
	tests := []struct{ name, body, reason string }{
		{"one byte changed", strings.Replace(body, "started", "starteD", 1), "tampered with"},
		{"trailing line break", body + "\n", "a line break is a byte"},
		{"spaced out", strings.ReplaceAll(body, ":", ": "), "the same JSON value in other bytes"},
		{"escaped", strings.ReplaceAll(body, "é", `\u00e9`), "the same JSON value in other bytes"},
		{"other normal form", strings.ReplaceAll(body, "é", "e\u0301"), "looks the same on the screen"},
		{"empty", "", "a body lost on the way"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Assert(t, tt.body != body, "the case changes nothing")
			assert.ErrorIs(t, rtk.Verify(&key.PublicKey, []byte(tt.body), genuine), rtk.ErrSignature, tt.reason)
		})
	}
}

func TestSignReportsAKeyThatCannotSign(t *testing.T) {
	// The numbers of a key of 16 bits: too small for any padded digest.
	tiny := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: big.NewInt(257 * 251), E: 3},
		D:         big.NewInt(42667),
		Primes:    []*big.Int{big.NewInt(257), big.NewInt(251)},
	}
	_, err := rtk.Sign(tiny, []byte(body))
	assert.ErrorContains(t, err, "rtk: sign: ")
}
