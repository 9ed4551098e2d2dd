package diagnose_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// BenchmarkDiagnose is about what takes longest: nothing fits, so everything
// is tried. It has to stay under 50 ms.
func BenchmarkDiagnose(b *testing.B) {
	event := joined(b)
	large, err := payload.Set(event, "meeting.title", []byte(`"`+strings.Repeat("Zoë/", 64<<10)+`"`))
	assert.NilError(b, err)
	for _, c := range []struct {
		name string
		body []byte
		want diagnose.ID
	}{
		{"unexplained", bytes.Replace(event, []byte("Zoë"), []byte("Zoe"), 1), diagnose.BodyChanged},
		{"unexplained, 320 kB", bytes.Replace(large, []byte("Zoë"), []byte("Zoe"), 1), diagnose.BodyChanged},
		{"explained", indented(b, event, "", "  "), diagnose.BodyWhitespace},
	} {
		b.Run(c.name, func(b *testing.B) {
			signed := event
			if len(c.body) > 100<<10 {
				signed = large
			}
			signature := sign(b, signed)
			var r diagnose.Report
			for b.Loop() {
				r = diagnosed(b, diagnose.Case{Body: c.body, Signature: signature})
			}
			assert.Equal(b, r.Findings[len(r.Findings)-1].ID, c.want)
		})
	}
}

// FuzzDiagnose feeds bodies and headers that nobody thought of.
func FuzzDiagnose(f *testing.F) {
	body := joined(f)
	good := sign(f, body)
	for _, m := range mistakes() {
		f.Add(m.apply(f, body), good, "1700000000")
	}
	for _, c := range respelled(f, body) {
		f.Add(body, c.value, "id-1")
	}
	f.Add([]byte("\"\\u"), "sha256=", "")
	f.Add([]byte("\xff\xfe\x00\xd8"), "b'AA=='", "")
	f.Add([]byte("a[b]=1&a[b][c]=2&=&event"), good+","+good, "1")
	f.Add([]byte(`{"type":"Buffer","data":[1,{}]}`), "t=1700000000,v1="+good, "")
	f.Add([]byte(`{"a":1e400,"b":-0,"c":"","d":null,"e":"?? \u","f":[1.0,"1"]`), good, "")
	f.Fuzz(func(t *testing.T, b []byte, signature, id string) {
		header := http.Header{"rtk-signature": {signature}, "rtk-uuid": {id}, "svix-timestamp": {id}}
		r := diagnosed(t, diagnose.Case{Body: b, Header: header})
		if r.Valid != (rtk.Verify(&ownKey.PublicKey, b, signature) == nil) {
			t.Fatalf("valid: %v", r.Valid)
		}
		if r.Valid == (len(r.Findings) > 0) {
			t.Fatalf("valid: %v, findings: %v", r.Valid, ids(r))
		}
		// Whatever is called proved of the body is.
		if sum := sha256.Sum256(r.Signed); r.Explained && r.SignedSHA256 != "" && hex.EncodeToString(sum[:]) != r.SignedSHA256 {
			t.Fatalf("%q was not signed: %v", r.Signed, ids(r))
		}
	})
}

func FuzzReadKey(f *testing.F) {
	good, err := rtk.PublicPEM(&ownKey.PublicKey)
	assert.NilError(f, err)
	f.Add([]byte(good))
	document, err := rtk.KeyDocument(good)
	assert.NilError(f, err)
	f.Add(document)
	f.Add([]byte(`{"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\\n"}}`))
	f.Add([]byte("-----BEGIN CERTIFICATE----- AA== -----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := diagnose.ReadKey(data)
		if (err == nil) != (key.Public != nil) {
			t.Fatalf("%v, %v", key, err)
		}
	})
}
