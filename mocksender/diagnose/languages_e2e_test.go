//go:build e2e

package diagnose_test

import (
	"bytes"
	"os/exec"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// TestE2EMistakesOfOtherLanguagesAreReported has Node and Python make the mistakes, with
// what people there use. b is the body in both.
func TestE2EMistakesOfOtherLanguagesAreReported(t *testing.T) {
	type is = []diagnose.ID
	recording := sample(t, rtk.RecordingStatusUpdate, "")
	empty := bytes.Replace(recording, []byte(`"outputFileName":"`), []byte(`"note":"","outputFileName":"`), 1)
	name := joined(t)
	for _, c := range []struct {
		name, program, code string
		signed              []byte
		want                is
	}{
		{"gzip", "node", `zlib.gzipSync(b)`, name, is{diagnose.BodyCompressed}},
		{"deflate", "node", `zlib.deflateSync(b)`, name, is{diagnose.BodyCompressed}},
		{"br", "node", `zlib.brotliCompressSync(b)`, name, is{diagnose.BodyCompressed}},
		{"JSON.stringify of a Buffer", "node", `JSON.stringify(b)`, name, is{diagnose.BodyBuffer}},
		{"JSON.stringify of a Uint8Array", "node", `JSON.stringify(new Uint8Array(b))`, name, is{diagnose.BodyBuffer}},
		{"JSON.stringify of an array", "node", `JSON.stringify([...b])`, name, is{diagnose.BodyBuffer}},
		{"encodeURIComponent", "node", `encodeURIComponent(b.toString())`, name, is{diagnose.BodyForm}},
		{"URLSearchParams with a field", "node", `new URLSearchParams({payload: b.toString()}).toString()`, name, is{diagnose.BodyForm}},
		{"URLSearchParams of the text", "node", `new URLSearchParams([[b.toString(), ""]]).toString()`, name, is{diagnose.BodyForm}},
		{"querystring of a flat event", "node", `querystring.stringify(JSON.parse(b))`, []byte(`{"event":"meeting.ended","reason":"Zoë & Co","n":12}`),
			is{diagnose.BodyForm, diagnose.BodyNumbers}},
		{"a text that was cut", "node", `b.toString().slice(0, 200)`, name, is{diagnose.BodyTruncated, diagnose.BodyChanged}},
		{"a reviver that makes numbers", "node", `JSON.stringify(JSON.parse(b, (k, v) => k === "fileSize" ? Number(v) : v))`, recording, is{diagnose.BodyNumbers}},
		{"value || null", "node", `JSON.stringify(JSON.parse(b, (k, v) => v === "" ? null : v))`, empty, is{diagnose.BodyNulls}},
		{"nothing", "node", `b`, name, nil},

		{"encode with replace", "python3", `b.decode().encode("ascii", "replace")`, name, is{diagnose.BodyQuestion, diagnose.BodyChanged}},
		{"encode with replace to Latin-1", "python3", `b.decode().encode("latin-1", "replace").decode("latin-1").encode()`, name,
			is{diagnose.BodyQuestion, diagnose.BodyChanged}},
		{"parse_int=float", "python3", `json.dumps(json.loads(b, parse_int=float), separators=(",", ":")).encode()`, recording, is{diagnose.BodyNumbers}},
		{"parse_int=float, spaced", "python3", `json.dumps(json.loads(b, parse_int=float)).encode()`, recording,
			is{diagnose.BodyNumbers, diagnose.BodyWhitespace}},
		{"value or None", "python3", `json.dumps(json.loads(b, object_pairs_hook=lambda p: {k: v or None for k, v in p})).encode()`, empty,
			is{diagnose.BodyNulls, diagnose.BodyWhitespace}},
		{"urlencode", "python3", `urllib.parse.urlencode({"payload": b.decode()}).encode()`, name, is{diagnose.BodyForm}},
		{"list of bytes", "python3", `json.dumps(list(b)).encode()`, name, is{diagnose.BodyBuffer}},
		{"gzip", "python3", `gzip.compress(b)`, name, is{diagnose.BodyCompressed}},
		{"zlib", "python3", `zlib.compress(b)`, name, is{diagnose.BodyCompressed}},
	} {
		t.Run(c.program+"/"+c.name, func(t *testing.T) {
			if _, err := exec.LookPath(c.program); err != nil {
				t.Skipf("%s is not installed", c.program)
			}
			args := []string{"-c", "import gzip, json, sys, urllib.parse, zlib\nb = sys.stdin.buffer.read()\nsys.stdout.buffer.write(" + c.code + ")"}
			if c.program == "node" {
				args = []string{"-e", `const b = require("fs").readFileSync(0); process.stdout.write(` + c.code + `)`}
			}
			cmd := exec.CommandContext(t.Context(), c.program, args...)
			cmd.Stdin, cmd.Stderr = bytes.NewReader(c.signed), t.Output()
			body, err := cmd.Output()
			assert.NilError(t, err)
			r := diagnosed(t, diagnose.Case{Body: body, Signature: sign(t, c.signed)})
			assert.DeepEqual(t, ids(r), append(is{}, c.want...))
			if r.Explained {
				assert.Equal(t, string(r.Signed), string(c.signed))
			}
		})
	}
}
