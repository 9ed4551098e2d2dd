package rtk_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		assert.NilError(t, err)
		return v
	}
}

func pkcs1(key *rsa.PrivateKey) []byte {
	return block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

func pkcs8(t testing.TB, key any) []byte {
	return block("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key)))
}

func spki(t testing.TB, pub any) []byte {
	return block("PUBLIC KEY", must[[]byte](t)(x509.MarshalPKIXPublicKey(pub)))
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

func certificate(t testing.TB, key *rsa.PrivateKey) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "test"},
		NotAfter:     time.Now().Add(time.Hour),
	}
	return block("CERTIFICATE", must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)))
}

func TestGenerateKeyMakesFreshKeysOf2048Bits(t *testing.T) {
	assert.Equal(t, testKey(t).N.BitLen(), 2048)
	assert.NilError(t, testKey(t).Validate())
	assert.Assert(t, !testKey(t).Equal(otherKey(t)))
}

func TestParsePrivateKeyReadsPKCS1AndPKCS8(t *testing.T) {
	key := testKey(t)
	own := must[[]byte](t)(rtk.PrivatePEM(key))
	three := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 3072))
	tests := []struct {
		name   string
		data   []byte
		want   *rsa.PrivateKey
		reason string
	}{
		{"PKCS #1", pkcs1(key), key, "what openssl genrsa -traditional writes"},
		{"PKCS #8", pkcs8(t, key), key, "what openssl genpkey writes"},
		{"own", own, key, "what PrivatePEM writes"},
		{"3072 bits", pkcs8(t, three), three, "larger keys are keys too"},
		{"CRLF", bytes.ReplaceAll(own, []byte("\n"), []byte("\r\n")), key, "a file from Windows"},
		{"byte order mark", append([]byte("\ufeff"), own...), key, "a file from Windows Notepad"},
		{"text before", append([]byte("Bag Attributes\n  friendlyName: test\n"), own...), key, "openssl pkcs12 writes that"},
		{"white space after", append(bytes.Clone(own), " \t\r\n\n"...), key, "invisible, and harmless"},
		{"no final line break", bytes.TrimSpace(own), key, "an environment variable cuts it off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rtk.ParsePrivateKey(tt.data)
			assert.NilError(t, err, tt.reason)
			assert.Assert(t, got.Equal(tt.want), tt.reason)
			assert.NilError(t, rtk.Verify(&tt.want.PublicKey, []byte(body), sign(t, got, []byte(body))))
		})
	}
}

func TestParsePrivateKeyRefusesAnythingElseInOneLine(t *testing.T) {
	key := testKey(t)
	good := pkcs8(t, key)
	short := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))
	almost := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2047))
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	assert.NilError(t, err)
	montgomery := must[*ecdh.PrivateKey](t)(ecdh.X25519().GenerateKey(rand.Reader))
	ec := ecKey(t)
	sec1 := block("EC PRIVATE KEY", must[[]byte](t)(x509.MarshalECPrivateKey(ec)))
	legacy := pem.EncodeToMemory(&pem.Block{
		Type:    "RSA PRIVATE KEY",
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00112233445566778899AABBCCDDEEFF"},
		Bytes:   []byte("ciphertext"),
	})
	unfit := *key
	unfit.PublicKey = otherKey(t).PublicKey
	joined := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

	tests := []struct {
		name   string
		data   []byte
		want   string
		reason string
	}{
		{"empty", nil, "no PEM block found", "an empty file"},
		{"text", []byte("not a key"), "no PEM block found", "the wrong file"},
		{"DER", x509.MarshalPKCS1PrivateKey(key), "no PEM block found", "the binary form is not PEM"},
		{"torn", good[:len(good)/2], "no PEM block found", "a download that broke off"},
		{"bad Base64", bytes.Replace(good, []byte("\nM"), []byte("\n!"), 1), "no PEM block found", "a spoilt file"},
		{"1024 bits", pkcs1(short), "it has 1024 bits, want 2048 to 8192", "too short"},
		{"1024 bits, PKCS #8", pkcs8(t, short), "it has 1024 bits, want 2048 to 8192", "too short in either form"},
		{"2047 bits", pkcs8(t, almost), "it has 2047 bits, want 2048 to 8192", "one bit too short"},
		{"elliptic curve", pkcs8(t, ec), "found an elliptic-curve key, want an RSA private key", "another kind of key"},
		{"elliptic curve, SEC 1", sec1, `type "EC PRIVATE KEY"`, "another kind of key"},
		{
			"elliptic curve with parameters", joined(block("EC PARAMETERS", []byte{5, 0}), sec1), `type "EC PARAMETERS"`,
			"openssl ecparam writes two blocks: the kind matters more than the number",
		},
		{"Ed25519", pkcs8(t, edwards), "found an Ed25519 key", "another kind of key"},
		{"X25519", pkcs8(t, montgomery), "found an elliptic-curve key", "another kind of key"},
		{"OpenSSH", block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00")), `type "OPENSSH PRIVATE KEY"`, "what ssh-keygen writes"},
		{"encrypted PKCS #8", block("ENCRYPTED PRIVATE KEY", []byte("ciphertext")), "it is encrypted, want an unencrypted key", "nobody is there to type a pass phrase"},
		{"encrypted PKCS #1", legacy, "it is encrypted, want an unencrypted key", "nobody is there to type a pass phrase"},
		{"public key", spki(t, &key.PublicKey), `type "PUBLIC KEY", want "PRIVATE KEY" or "RSA PRIVATE KEY"`, "the other half"},
		{"certificate", certificate(t, key), `type "CERTIFICATE"`, "not a key"},
		{"certificate and key", joined(certificate(t, key), good), `type "CERTIFICATE"`, "a web server's bundle"},
		{"two keys", joined(good, pkcs8(t, otherKey(t))), `more follows after the "PRIVATE KEY" block`, "which one?"},
		{"garbage after", joined(good, []byte("x")), `more follows after the "PRIVATE KEY" block`, "not what was meant to be read"},
		{"wrong label", block("PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), `the "PRIVATE KEY" block does not parse: x509: failed to parse private key`, "PKCS #1 under the label of PKCS #8"},
		{"wrong label, the other way", block("RSA PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))), `the "RSA PRIVATE KEY" block does not parse`, "PKCS #8 under the label of PKCS #1"},
		{"garbage inside", block("PRIVATE KEY", []byte("garbage")), `the "PRIVATE KEY" block does not parse`, "PEM armour around nothing"},
		{"bytes after the key", block("RSA PRIVATE KEY", append(x509.MarshalPKCS1PrivateKey(key), 0)), "does not parse", "trailing DER"},
		{"huge numbers", block("RSA PRIVATE KEY", make([]byte, 8193)), `the "RSA PRIVATE KEY" block has 8193 bytes, want 8192 at most`, "it would take long to find that they do not fit"},
		{"numbers of two keys", pkcs1(&unfit), "unusable key", "it would make signatures that nobody can verify"},
		{"label with a line break", []byte("-----BEGIN A\rB-----\n\n-----END A\rB-----\n"), `type "A\rB"`, "control characters stay out of the message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rtk.ParsePrivateKey(tt.data)
			assert.ErrorIs(t, err, rtk.ErrKey, tt.reason)
			assert.ErrorContains(t, err, tt.want, tt.reason)
			assert.Assert(t, got == nil)
			assert.Assert(t, !strings.ContainsAny(err.Error(), "\r\n"), "one line: %q", err)
			assert.Assert(t, !strings.Contains(err.Error(), "ParsePKCS"), "no advice for programmers: %q", err)
		})
	}
}

func TestParsePublicKeyReadsSPKIOnly(t *testing.T) {
	key := testKey(t)
	good := must[string](t)(rtk.PublicPEM(&key.PublicKey))
	got, err := rtk.ParsePublicKey([]byte(good))
	assert.NilError(t, err)
	assert.Assert(t, got.Equal(&key.PublicKey))

	huge := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 8192), E: 65537}
	largest := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 8191), E: 65537}
	_, err = rtk.ParsePublicKey(spki(t, largest))
	assert.NilError(t, err)
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	assert.NilError(t, err)
	short := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))

	tests := []struct {
		name   string
		data   []byte
		want   string
		reason string
	}{
		{"empty", nil, "no PEM block found", "an empty member of the key document"},
		{"private key", pkcs8(t, key), `type "PRIVATE KEY", want "PUBLIC KEY"`, "never to be published"},
		{"PKCS #1", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)), `type "RSA PUBLIC KEY"`, "the guide shows SPKI"},
		{"certificate", certificate(t, key), `type "CERTIFICATE"`, "the guide shows a bare key"},
		{"elliptic curve", spki(t, &ecKey(t).PublicKey), "found an elliptic-curve key, want an RSA public key", "another kind of key"},
		{"Ed25519", spki(t, edwards), "found an Ed25519 key", "another kind of key"},
		{"short", spki(t, &short.PublicKey), "it has 1024 bits", "too short"},
		{"huge", spki(t, huge), "it has 8193 bits", "one verification would take for ever"},
		{"garbage inside", block("PUBLIC KEY", []byte("garbage")), `the "PUBLIC KEY" block does not parse`, "PEM armour around nothing"},
		{"twice", []byte(good + "\n" + good), `more follows after the "PUBLIC KEY" block`, "which one?"},
		{"escaped", []byte(strings.ReplaceAll(good, "\n", `\n`)), "no PEM block found", "literal \\n is no line break"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rtk.ParsePublicKey(tt.data)
			assert.ErrorIs(t, err, rtk.ErrKey, tt.reason)
			assert.ErrorContains(t, err, tt.want, tt.reason)
		})
	}
}

func TestPrivatePEMIsPKCS8(t *testing.T) {
	decoded, rest := pem.Decode(must[[]byte](t)(rtk.PrivatePEM(testKey(t))))
	assert.Equal(t, decoded.Type, "PRIVATE KEY")
	assert.Equal(t, len(rest), 0)
	parsed := must[any](t)(x509.ParsePKCS8PrivateKey(decoded.Bytes))
	assert.Assert(t, testKey(t).Equal(parsed.(*rsa.PrivateKey)))
}

func TestPublicPEMIsSPKIWithoutAFinalLineBreak(t *testing.T) {
	publicPEM := must[string](t)(rtk.PublicPEM(&testKey(t).PublicKey))
	assert.Assert(t, strings.HasPrefix(publicPEM, "-----BEGIN PUBLIC KEY-----\n"))
	assert.Assert(t, strings.HasSuffix(publicPEM, "\n-----END PUBLIC KEY-----"))
	assert.Assert(t, !strings.Contains(publicPEM, "\r"))
}

func TestFingerprintTellsKeysApart(t *testing.T) {
	first := must[string](t)(rtk.Fingerprint(&testKey(t).PublicKey))
	assert.Equal(t, must[string](t)(rtk.Fingerprint(&testKey(t).PublicKey)), first)
	assert.Assert(t, must[string](t)(rtk.Fingerprint(&otherKey(t).PublicKey)) != first)
	assert.Assert(t, strings.HasPrefix(first, "SHA256:"))
	assert.Equal(t, len(first), len("SHA256:")+43)
}

func TestEncodersReportAKeyWithoutNumbers(t *testing.T) {
	_, err := rtk.PublicPEM(&rsa.PublicKey{})
	assert.ErrorContains(t, err, "rtk: ")
	_, err = rtk.Fingerprint(&rsa.PublicKey{})
	assert.ErrorContains(t, err, "rtk: ")
	_, err = rtk.PrivatePEM(&rsa.PrivateKey{})
	assert.ErrorContains(t, err, "rtk: ")
	assert.Assert(t, !errors.Is(err, rtk.ErrKey))
}
