package rtk_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Whatever a file holds, reading it ends in a key that works or in one line
// that matches ErrKey.
func FuzzParsePrivateKey(f *testing.F) {
	key := testKey(f)
	own, err := rtk.PrivatePEM(key)
	assert.NilError(f, err)
	f.Add(own)
	f.Add(pkcs1(key))
	f.Add(pkcs1(fastKey(f)))
	f.Add(pkcs8(f, fastKey(f)))
	f.Add(bytes.ReplaceAll(own, []byte("\n"), []byte("\r\n")))
	f.Add(spki(f, &key.PublicKey))
	f.Add(pkcs8(f, ecKey(f)))
	f.Add(certificate(f, key))
	f.Add(append(bytes.Clone(own), own...))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Add(x509.MarshalPKCS1PrivateKey(key))
	f.Add([]byte{})

	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := rtk.ParsePrivateKey(data)
		if err != nil {
			assert.ErrorIs(t, err, rtk.ErrKey)
			assert.Assert(t, got == nil)
			assert.Assert(t, !strings.ContainsAny(err.Error(), "\r\n"), "%q", err)
			return
		}
		assert.NilError(t, rtk.Verify(&got.PublicKey, data, sign(t, got, data)))
		again, err := rtk.PrivatePEM(got)
		assert.NilError(t, err)
		back, err := rtk.ParsePrivateKey(again)
		assert.NilError(t, err)
		assert.Assert(t, back.Equal(got))
	})
}

// A key endpoint is not ours: reading what it serves must not panic either.
func FuzzParsePublicKey(f *testing.F) {
	key := testKey(f)
	good, err := rtk.PublicPEM(&key.PublicKey)
	assert.NilError(f, err)
	f.Add(good)
	f.Add(good + "\n" + good)
	f.Add(string(spki(f, &ecKey(f).PublicKey)))
	f.Add("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")
	signature := sign(f, key, []byte(body))

	f.Fuzz(func(t *testing.T, data string) {
		got, err := rtk.ParsePublicKey([]byte(data))
		if err != nil {
			assert.ErrorIs(t, err, rtk.ErrKey)
			return
		}
		verified := rtk.Verify(got, []byte(body), signature) == nil
		assert.Equal(t, verified, got.Equal(&key.PublicKey))
	})
}

// Of all pairs of a body and a signature, one key takes exactly those that Sign
// makes: a PKCS #1 v1.5 signature is a function of key and body.
func FuzzVerify(f *testing.F) {
	key := testKey(f)
	genuine := sign(f, key, []byte(body))
	f.Add([]byte(body), genuine)
	f.Add([]byte(body), genuine+"\n")
	f.Add([]byte(body), strings.TrimRight(genuine, "="))
	f.Add([]byte(body), strayBits(genuine))
	f.Add([]byte(body), base64.StdEncoding.EncodeToString(make([]byte, 256)))
	f.Add([]byte(nil), "")
	f.Add([]byte("null"), "!!!not-base64!!!")

	f.Fuzz(func(t *testing.T, body []byte, signature string) {
		err := rtk.Verify(&key.PublicKey, body, signature)
		if err == nil {
			assert.Equal(t, signature, sign(t, key, body))
			return
		}
		assert.Assert(t, errors.Is(err, rtk.ErrSignature), "%v", err)
		assert.Assert(t, !strings.ContainsAny(err.Error(), "\r\n"), "%q", err)
	})
}
