package diagnose_test

import (
	"bytes"
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
		f.Add(m.apply(f, body), good)
	}
	f.Add([]byte("\"\\u"), "sha256=")
	f.Add([]byte("\xff\xfe\x00\xd8"), "b'AA=='")
	f.Fuzz(func(t *testing.T, b []byte, signature string) {
		r := diagnosed(t, diagnose.Case{Body: b, Signature: signature})
		if r.Valid != (rtk.Verify(&ownKey.PublicKey, b, signature) == nil) {
			t.Fatalf("valid: %v", r.Valid)
		}
		if r.Valid == (len(r.Findings) > 0) {
			t.Fatalf("valid: %v, findings: %v", r.Valid, ids(r))
		}
	})
}

func FuzzReadKey(f *testing.F) {
	good, err := rtk.PublicPEM(&ownKey.PublicKey)
	assert.NilError(f, err)
	f.Add([]byte(good))
	f.Add([]byte(`{"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\\n"}}`))
	f.Add([]byte("-----BEGIN CERTIFICATE----- AA== -----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := diagnose.ReadKey(data)
		if (err == nil) != (key.Public != nil) {
			t.Fatalf("%v, %v", key, err)
		}
	})
}
