//go:build e2e

package mocksender_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// captured is what a target got of one delivery.
type captured struct {
	Signature string
	Body      []byte
}

// deliver sends every event of some meetings, signed by a key that generate
// makes, and returns what arrived.
func deliver(t *testing.T, generate func() (*rsa.PrivateKey, error)) (publicPEM string, got []captured) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.Check(t, err)
		got = append(got, captured{r.Header.Get(rtk.HeaderSignature), body})
	}))
	defer server.Close()
	key, err := generate()
	assert.NilError(t, err)
	keys := rtk.NewKeyring(key)
	sender, err := mocksender.New(mocksender.Options{Keys: keys})
	assert.NilError(t, err)
	defer sender.Close()
	for seed := range uint64(3) {
		for _, forms := range [][]payload.Form{nil, payload.Forms()} {
			events, err := payload.Lifecycle(payload.Options{Seed: seed, Forms: forms})
			assert.NilError(t, err)
			for _, e := range events {
				receipt, err := sender.Send(t.Context(), server.URL, mocksender.Delivery{Event: e})
				assert.NilError(t, err)
				assert.Assert(t, receipt.Accepted())
				assert.DeepEqual(t, got[len(got)-1].Body, e.Body)
			}
		}
	}
	publicPEM, err = keys.PublicPEM()
	assert.NilError(t, err)
	return publicPEM, got
}

func TestE2EOpenSSLVerifiesDeliveries(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	t.Run("usual key", func(t *testing.T) { openSSLVerifies(t, rtk.GenerateKey) })
	t.Run("fast key", func(t *testing.T) { openSSLVerifies(t, rtk.GenerateFastKey) })
}

func openSSLVerifies(t *testing.T, generate func() (*rsa.PrivateKey, error)) {
	publicPEM, got := deliver(t, generate)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		assert.NilError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	key := write("public.pem", []byte(publicPEM+"\n"))
	verify := func(c captured) error {
		raw, err := base64.StdEncoding.DecodeString(c.Signature)
		assert.NilError(t, err)
		return exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-verify", key,
			"-signature", write("signature", raw), write("body", c.Body)).Run()
	}
	for _, c := range got {
		assert.NilError(t, verify(c), "%s", c.Body)
	}
	tampered := captured{got[0].Signature, append(bytes.Clone(got[0].Body), ' ')}
	assert.Assert(t, verify(tampered) != nil, "a changed body verifies")
}

func TestE2ENodeVerifiesDeliveries(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	t.Run("usual key", func(t *testing.T) { nodeVerifies(t, rtk.GenerateKey) })
	t.Run("fast key", func(t *testing.T) { nodeVerifies(t, rtk.GenerateFastKey) })
}

func nodeVerifies(t *testing.T, generate func() (*rsa.PrivateKey, error)) {
	publicPEM, got := deliver(t, generate)
	got = append(got, captured{got[0].Signature, append(bytes.Clone(got[0].Body), ' ')})
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, c := range got {
		assert.NilError(t, enc.Encode(map[string]any{"publicKey": publicPEM, "signature": c.Signature, "body": c.Body}))
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "verify.mjs"))
	cmd.Stdin = &lines
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	assert.NilError(t, err)
	answers := strings.Fields(string(out))
	assert.Equal(t, len(answers), len(got))
	for i, answer := range answers[:len(answers)-1] {
		assert.Equal(t, answer, "true", "%s", got[i].Body)
	}
	assert.Equal(t, answers[len(answers)-1], "false", "a changed body verifies")
}
