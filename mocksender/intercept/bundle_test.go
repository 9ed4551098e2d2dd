package intercept

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
	"software.sslmate.com/src/go-pkcs12"
)

// plain checks that a text is nothing but certificates, and returns how often
// each is in it.
func plain(t *testing.T, text []byte) map[string]int {
	t.Helper()
	seen := map[string]int{}
	var again bytes.Buffer
	for rest := text; len(rest) > 0; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		assert.Assert(t, block != nil, "%.100q", rest)
		assert.Equal(t, block.Type, "CERTIFICATE")
		seen[string(block.Bytes)]++
		assert.NilError(t, pem.Encode(&again, &pem.Block{Type: block.Type, Bytes: block.Bytes}))
	}
	assert.Equal(t, again.String(), string(text))
	return seen
}

func TestTheBundleHasTheSystemsRootsAndWhatVariablesNamed(t *testing.T) {
	dir := t.TempDir()
	company, other, inFolder := testAuthority(t), testAuthority(t), testAuthority(t)
	write := func(path, text string) string {
		path = filepath.Join(dir, path)
		assert.NilError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		assert.NilError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	javaStore, err := pkcs12.LegacyDES.EncodeTrustStore(nil, "x")
	assert.NilError(t, err)
	commented := "# a company\n" + string(company.pem()) + "\nText: more\n" + strings.ReplaceAll(string(other.pem()), "\n", "\r\n") +
		"-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n" + string(company.pem())
	environ := []string{
		"NODE_EXTRA_CA_CERTS=" + write("company.pem", commented),
		"REQUESTS_CA_BUNDLE=" + filepath.Dir(write("folder/a.pem", string(inFolder.pem()))),
		"CURL_CA_BUNDLE=" + filepath.Join(dir, "missing.pem"),
		"AWS_CA_BUNDLE=" + write("empty.pem", "nothing"),
		"SSL_CERT_FILE=" + os.DevNull,
		"JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=" + write("store.p12", string(javaStore)) + " -Djavax.net.ssl.trustStorePassword=y",
	}
	i := begin(t, Options{Environ: environ})
	text, err := os.ReadFile(filepath.Join(i.settings.Dir, bundleFile))
	assert.NilError(t, err)
	seen := plain(t, text)
	for name, a := range map[string]*authority{"company": company, "other": other, "folder": inFolder, "own": i.front.authority} {
		assert.Equal(t, seen[string(a.cert.Raw)], 1, name)
	}
	notes := strings.Join(i.Notes(), "\n")
	for _, want := range []string{
		"CURL_CA_BUNDLE: stat " + filepath.Join(dir, "missing.pem"), "AWS_CA_BUNDLE: read " + filepath.Join(dir, "empty.pem") + ": there is no certificate in it",
		"SSL_CERT_FILE: read " + os.DevNull + ": not a regular file", "JAVA_TOOL_OPTIONS: read " + filepath.Join(dir, "store.p12") + ": pkcs12: decryption password incorrect",
	} {
		assert.Assert(t, is.Contains(notes, want))
	}
	if system := existing(systemBundles()); len(system) > 0 {
		roots, err := os.ReadFile(system[0])
		assert.NilError(t, err)
		for rest := roots; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			assert.Equal(t, seen[string(block.Bytes)], 1, "a root of the system")
		}
	}
	store, err := os.ReadFile(filepath.Join(i.settings.Dir, storeFile))
	assert.NilError(t, err)
	certs, err := pkcs12.DecodeTrustStore(store, "")
	assert.NilError(t, err)
	assert.Equal(t, len(certs), len(seen), "for Java the same")
}

func TestAJavaStoreIsReadWithItsPassword(t *testing.T) {
	company := testAuthority(t)
	b := &bundle{seen: map[[32]byte]bool{}}
	certs := append(b.certs, company.cert)
	for password, option := range map[string]string{"changeit": "", "other": " -Djavax.net.ssl.trustStorePassword=other"} {
		store, err := pkcs12.Modern2023.EncodeTrustStore(certs, password)
		assert.NilError(t, err)
		file := filepath.Join(t.TempDir(), "store")
		assert.NilError(t, os.WriteFile(file, store, 0o600))
		b := &bundle{seen: map[[32]byte]bool{}}
		assert.NilError(t, b.addJavaStore(fmt.Sprintf("-Xmx1g -Djavax.net.ssl.trustStore=%s%s", file, option)))
		assert.Equal(t, len(b.certs), 1)
	}
}
