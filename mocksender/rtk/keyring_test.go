package rtk_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// guideDocument is the answer that the guide shows for the key endpoint: "The
// response includes a PEM-encoded public key".
const guideDocument = `{
"success": true,
"data": {
"publicKey": "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----"
},
"message": ""
}`

func TestKeyDocumentIsTheGuidesByteForByte(t *testing.T) {
	var want bytes.Buffer
	assert.NilError(t, json.Compact(&want, []byte(guideDocument)))
	got, err := rtk.KeyDocument("-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----")
	assert.NilError(t, err)
	assert.Equal(t, string(got), want.String())
}

func TestKeyDocumentCarriesWhateverItIsGiven(t *testing.T) {
	tests := []struct{ pem, want, reason string }{
		{"", `{"success":true,"data":{"publicKey":""},"message":""}`, "an endpoint without a key"},
		{"a+b/c=", `{"success":true,"data":{"publicKey":"a+b/c="},"message":""}`, "Base64 goes out unescaped"},
		{"<&>", `{"success":true,"data":{"publicKey":"<&>"},"message":""}`, "JSON need not escape what HTML must"},
		{`a\nb`, `{"success":true,"data":{"publicKey":"a\\nb"},"message":""}`, "a line break escaped twice"},
		{"a\r\nb", `{"success":true,"data":{"publicKey":"a\r\nb"},"message":""}`, "CRLF"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			got, err := rtk.KeyDocument(tt.pem)
			assert.NilError(t, err)
			assert.Equal(t, string(got), tt.want)
		})
	}
}

// cleanedKey reads the key as the guide's verifying sample does: members
// data.publicKey, literal \n, the two PEM lines and white space removed, the
// rest Base64 of SPKI.
func cleanedKey(t testing.TB, document []byte) *rsa.PublicKey {
	t.Helper()
	var parsed struct{ Data struct{ PublicKey string } }
	assert.NilError(t, json.Unmarshal(document, &parsed))
	clean := strings.NewReplacer(`\n`, "", "-----BEGIN PUBLIC KEY-----", "", "-----END PUBLIC KEY-----", "").Replace(parsed.Data.PublicKey)
	clean = regexp.MustCompile(`\s+`).ReplaceAllString(clean, "")
	der, err := base64.StdEncoding.DecodeString(clean)
	assert.NilError(t, err)
	key, err := x509.ParsePKIXPublicKey(der)
	assert.NilError(t, err)
	return key.(*rsa.PublicKey)
}

func TestKeyringServesTheKeyThatItSignsWith(t *testing.T) {
	keys := rtk.NewKeyring(testKey(t))
	signature, err := keys.Sign([]byte(body))
	assert.NilError(t, err)
	document, err := keys.Document()
	assert.NilError(t, err)
	assert.NilError(t, rtk.Verify(cleanedKey(t, document), []byte(body), signature))

	key, err := keys.Key()
	assert.NilError(t, err)
	assert.Assert(t, key == testKey(t), "the very key, not a copy")
	publicPEM, err := keys.PublicPEM()
	assert.NilError(t, err)
	parsed, err := rtk.ParsePublicKey([]byte(publicPEM))
	assert.NilError(t, err)
	assert.Assert(t, parsed.Equal(&key.PublicKey))
}

func TestRotationChangesTheSignatureAndTheDocumentTogether(t *testing.T) {
	keys := rtk.NewKeyring(testKey(t))
	before, err := keys.Sign([]byte(body))
	assert.NilError(t, err)

	keys.Rotate(otherKey(t))
	after, err := keys.Sign([]byte(body))
	assert.NilError(t, err)
	document, err := keys.Document()
	assert.NilError(t, err)

	served := cleanedKey(t, document)
	assert.NilError(t, rtk.Verify(served, []byte(body), after))
	assert.ErrorIs(t, rtk.Verify(served, []byte(body), before), rtk.ErrSignature)
	assert.NilError(t, rtk.Verify(&testKey(t).PublicKey, []byte(body), before), "what was signed before stays as it is")
}

func TestKeyringRotatesUnderConcurrentUse(t *testing.T) {
	first, second := testKey(t), otherKey(t)
	keys := rtk.NewKeyring(first)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				signature, err := keys.Sign([]byte(body))
				assert.Check(t, err)
				assert.Check(t, rtk.Verify(&first.PublicKey, []byte(body), signature) == nil ||
					rtk.Verify(&second.PublicKey, []byte(body), signature) == nil, "a signature of neither key")
				_, err = keys.Document()
				assert.Check(t, err)
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			keys.Rotate(second)
			keys.Rotate(first)
		}
	})
	wg.Wait()
}

func TestGenerateKeyringGivesAllCallersOneFreshKey(t *testing.T) {
	keys := rtk.GenerateKeyring()
	got := make([]*rsa.PrivateKey, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			got[i], err = keys.Key()
			assert.Check(t, err)
		})
	}
	wg.Wait()
	for _, key := range got {
		assert.Assert(t, key != nil && key == got[0])
	}
	assert.Equal(t, got[0].N.BitLen(), rtk.KeyBits)

	another, err := rtk.GenerateKeyring().Key()
	assert.NilError(t, err)
	assert.Assert(t, !another.Equal(got[0]))
}

func TestKeyringWithoutAKeySaysSo(t *testing.T) {
	emptied := rtk.NewKeyring(testKey(t))
	emptied.Rotate(nil)
	for name, keys := range map[string]*rtk.Keyring{"zero": {}, "nil": rtk.NewKeyring(nil), "emptied": emptied} {
		t.Run(name, func(t *testing.T) {
			_, err := keys.Key()
			assert.ErrorIs(t, err, rtk.ErrKey)
			_, err = keys.Sign([]byte(body))
			assert.ErrorIs(t, err, rtk.ErrKey)
			_, err = keys.Document()
			assert.ErrorIs(t, err, rtk.ErrKey)
		})
	}
}
