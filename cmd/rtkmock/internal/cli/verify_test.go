package cli

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// desk is a folder with a body, a key and what sign makes of them.
type desk struct {
	t         *testing.T
	dir       string
	key       string
	body      string
	signature string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), key: keyFile(t)}
	d.body = d.file("body.json", startedBody)
	r := call(t, "sign", d.body, "--key", d.key)
	r.exits(t, exit.OK)
	assert.Equal(t, r.err, "")
	line, _, _ := strings.Cut(r.out, "\n")
	d.signature = strings.TrimPrefix(line, "rtk-signature: ")
	return d
}

func (d *desk) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	assert.NilError(d.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (d *desk) private() *rsa.PrivateKey {
	d.t.Helper()
	key := testKeys()[0]
	return key
}

func TestVerifyAcceptsWhatSignPrints(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, form := range []string{"http", "json"} {
		r := call(t, "sign", d.body, "--key", d.key, "--print", form, "--uuid", "id-1")
		r.exits(t, exit.OK)
		path := d.file("captured."+form, r.out)
		r = call(t, "verify", path, "--key", d.key)
		r.exits(t, exit.OK)
		assert.Equal(t, r.out, path+": valid (meeting.started, rtk-uuid id-1)\n")
		assert.Equal(t, r.err, "")
	}
	r := caller{in: strings.NewReader(startedBody)}.call(t, "verify", "--signature", d.signature, "--key", d.key)
	r.exits(t, exit.OK)
	assert.Equal(t, r.out, "standard input: valid (meeting.started)\n")
}

func TestSignPrintsTheFieldsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := call(t, "sign", d.body, "--key", d.key, "--uuid", "id-1", "--webhook-id", "hook-1", "--header-names", "both")
	r.exits(t, exit.OK)
	assert.Equal(t, r.out, strings.ReplaceAll(`rtk-signature: S
rtk-uuid: id-1
rtk-webhook-id: hook-1
dyte-signature: S
dyte-uuid: id-1
dyte-webhook-id: hook-1
`, "S", d.signature))
	r = call(t, "sign", d.body, "--key", d.key, "--print", "curl", "--url", "http://localhost:1/x")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "rtk-signature: "+d.signature))
	assert.Assert(t, is.Contains(r.out, "'http://localhost:1/x'"))
}

func TestSignWarnsAboutWhatIsLikelyToSurprise(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ body, warning string }{
		{startedBody + "\n", "ends with a line break, which is signed as well"},
		{"", "is empty"},
		{`{"event":"meeting.begun"}`, "is no event of the guide"},
	} {
		r := call(t, "sign", d.file("odd", c.body), "--key", d.key)
		r.exits(t, exit.OK)
		assert.Assert(t, is.Contains(r.err, c.warning))
		assert.NilError(t, rtk.Verify(&d.private().PublicKey, []byte(c.body), strings.TrimPrefix(strings.SplitN(r.out, "\n", 2)[0], "rtk-signature: ")))
	}
}

func TestVerifySaysWhyNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var indented bytes.Buffer
	assert.NilError(t, json.Indent(&indented, []byte(startedBody), "", "  "))
	path := d.file("indented.json", indented.String())
	r := call(t, "verify", path, "--signature", d.signature, "--key", d.key)
	r.exits(t, exit.Nonconformant)
	for _, want := range []string{
		path + ": invalid (meeting.started)\n",
		"  proved  body/whitespace: ",
		"indented now, compact when it was signed\n",
		"With that undone, the signature verifies with the key SHA256:",
		`    signed  {"event":"meeting.started"`,
		`    here    {\n  "event": "meeting.started"`,
		"  Node     JSON.stringify", "  Workers  JSON.stringify", "  Python   json.dumps", "  Go       json.Marshal", "  Fix      Verify the bytes as they arrived",
	} {
		assert.Assert(t, is.Contains(r.out, want))
	}

	r = call(t, "verify", path, "--signature", d.signature, "--key", d.key, "--output", "json")
	r.exits(t, exit.Nonconformant)
	var got struct {
		Valid, Explained bool
		Event            string
		Difference       struct{ At int }
		Findings         []struct {
			ID     string
			Proved bool
			Causes map[string]string
		}
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Assert(t, !got.Valid && got.Explained)
	assert.Equal(t, got.Event, "meeting.started")
	assert.Equal(t, len(got.Findings), 1)
	assert.Equal(t, string(got.Findings[0].ID), "body/whitespace")
	assert.Assert(t, got.Findings[0].Proved)
	assert.Equal(t, len(got.Findings[0].Causes), 4)
	assert.Equal(t, got.Difference.At, 1)
}

// A letter and its escape look different, and what nobody would see is escaped.
func TestTheFirstDifferenceShowsLettersAsTheyAreInTheFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sign := func(body string) string {
		r := call(t, "sign", d.file("signed.json", body), "--key", d.key)
		line, _, _ := strings.Cut(r.out, "\n")
		return strings.TrimPrefix(line, "rtk-signature: ")
	}
	for _, c := range []struct{ reason, signed, body, then, here string }{
		{"escaped", `{"a":"Zoë"}`, `{"a":"Zo\u00eb"}`, `{"a":"Zoë"}⏎`, `{"a":"Zo\u00eb"}⏎`},
		{"written out", `{"a":"Zo\u00eb"}`, `{"a":"Zoë"}`, `{"a":"Zo\u00eb"}⏎`, `{"a":"Zoë"}⏎`},
		{"several scripts", `{"a": "日本 ሰላም 👋"}`, `{"a":"日本 ሰላም 👋"}`, `{"a": "日本 ሰላም 👋"}⏎`, `{"a":"日本 ሰላም 👋"}⏎`},
		{"letters are not cut", `{"a": "` + strings.Repeat("日", 20) + `"}`, `{"a":"` + strings.Repeat("日", 20) + `"}`,
			`{"a": "` + strings.Repeat("日", 10) + "…", `{"a":"` + strings.Repeat("日", 10) + "…"},
		{"bytes that are no letters", `{"a":"Zoë"}`, "{\"a\":\"Zo\xeb\"}", `{"a":"Zoë"}⏎`, `{"a":"Zo\xeb"}⏎`},
		{"a byte order mark", `{"a":"é"}`, "\ufeff" + `{"a":"é"}`, `{"a":"é"}⏎`, `\ufeff{"a":"é"}⏎`},
		{"a letter that turns the line round", `{"a": "` + "\u202e" + `é"}`, `{"a":"` + "\u202e" + `é"}`, `{"a": "\u202eé"}⏎`, `{"a":"\u202eé"}⏎`},
	} {
		r := call(t, "verify", d.file("body.json", c.body), "--signature", sign(c.signed), "--key", d.key)
		r.exits(t, exit.Nonconformant)
		assert.Assert(t, is.Contains(r.out, "    signed  "+c.then+"\n    here    "+c.here+"\n"), c.reason)
	}
}

func TestVerifyNamesADocumentThatIsGivenAsKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pem, err := rtk.PublicPEM(&d.private().PublicKey)
	assert.NilError(t, err)
	document, err := json.Marshal(map[string]any{"success": true, "data": map[string]string{"publicKey": pem}})
	assert.NilError(t, err)
	r := call(t, "verify", d.body, "--signature", d.signature, "--key", d.file("webhooks.json", string(document)))
	r.exits(t, exit.OK) // the signature is right
	assert.Assert(t, is.Contains(r.out, "  note    key/document: the key given is the whole key document"))
	assert.Assert(t, is.Contains(r.out, "(await res.json()).data.publicKey"))

	r = call(t, "verify", d.body, "--signature", d.signature, "--key", d.file("webhooks.json", string(document)), "--output", "json")
	var got struct{ Notes []struct{ ID string } }
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Equal(t, len(got.Notes), 1)
	assert.Equal(t, got.Notes[0].ID, "key/document")
}

func TestVerifyNamesABodyThatWasCut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	head := fmt.Sprintf("POST / HTTP/1.1\nrtk-signature: %s\nContent-Length: %d\n\n", d.signature, len(startedBody))
	r := call(t, "verify", d.file("cut.http", head+startedBody[:80]), "--key", d.key)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, fmt.Sprintf("its Content-Length says %d bytes, the file holds 80: the body was cut, or edited since", len(startedBody))))
	assert.Assert(t, is.Contains(r.out, "  likely  body/truncated: the body ends early: its JSON is not closed\n          it has 80 bytes, and ends with …"))
}

// The value of the field in Dyte's guide is looked at, and its guide named.
func TestVerifyNamesDytesGuide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.file("dyte.http", "POST / HTTP/1.1\nx-dyte-signature: "+strings.Repeat("0f", 32)+"\n\n"+startedBody)
	r := call(t, "verify", path, "--key", d.key)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "          likely copied from Dyte's old guide: it showed HMAC-SHA256 in hex"))

	spaced := strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace(startedBody)
	r = call(t, "sign", d.file("spaced.json", spaced), "--key", d.key)
	line, _, _ := strings.Cut(r.out, "\n")
	r = call(t, "verify", d.body, "--signature", strings.TrimPrefix(line, "rtk-signature: "), "--key", d.key, "--output", "json")
	var got struct{ Findings []struct{ Origin string } }
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Equal(t, got.Findings[0].Origin, "Dyte's old guide: it verified the RSA signature over JSON.stringify(payload)")
}

func TestVerifyLooksAtEveryRequestOfACapture(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := strings.Replace(startedBody, "Weekly sync", "Standup", 1)
	record := func(body string, fields ...string) string {
		h := map[string]string{}
		for i := 0; i+1 < len(fields); i += 2 {
			h[fields[i]] = fields[i+1]
		}
		headers, err := json.Marshal(h)
		assert.NilError(t, err)
		text, err := json.Marshal(body)
		assert.NilError(t, err)
		return fmt.Sprintf(`{"method":"POST","url":"","headers":%s,"body":%s}`+"\n", headers, text)
	}
	path := d.file("many.jsonl", record(startedBody, "rtk-signature", d.signature)+
		record("{}", "accept", "*/*")+
		record(other, "rtk-signature", d.signature)+
		record(startedBody, "Dyte-Signature", d.signature)+
		record(startedBody, "rtk-signature", ""))
	r := call(t, "verify", path, "--key", d.key)
	r.exits(t, exit.Nonconformant)
	for _, want := range []string{
		path + ": line 1: valid (meeting.started)\n",
		path + ": line 3: invalid (meeting.started)\n  proved  body/of-another-delivery: ",
		"          it belongs to line 1\n",
		path + ": line 4: invalid (meeting.started)\n  proved  signature/predecessor-header: ",
		path + ": line 5: invalid (meeting.started)\n  proved  signature/empty: ",
	} {
		assert.Assert(t, is.Contains(r.out, want))
	}
	assert.Assert(t, !strings.Contains(r.out, "line 2"), "what carries no signature is passed over")

	r = call(t, "verify", d.file("none.jsonl", record("{}")), "--key", d.key)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "signature/missing"))
}

// Explaining a failure takes milliseconds, and a capture may have a hundred thousand.
func TestVerifyLooksIntoTheFirstFailuresOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var lines strings.Builder
	for n := range 1500 {
		fmt.Fprintf(&lines, `{"method":"POST","url":"","headers":{"rtk-signature":%q},"body":"{%d}"}`+"\n", d.signature, n)
	}
	r := call(t, "verify", d.file("many.jsonl", lines.String()), "--key", d.key)
	r.exits(t, exit.Nonconformant)
	assert.Equal(t, strings.Count(r.out, ": invalid"), 1500)
	assert.Assert(t, is.Contains(r.err, "1500 signatures do not verify; only the first 200 were looked into"))
	_, after, _ := strings.Cut(r.out, "line 201: invalid\n")
	assert.Assert(t, !strings.Contains(after, "proved"), after)
}

func TestVerifyFetchesTheKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	keys := wellknown.New(rtk.NewKeyring(d.private()))
	server := httptest.NewServer(keys)
	defer server.Close()
	verify := func() result {
		return call(t, "verify", d.body, "--signature", d.signature, "--key-url", server.URL+"/key?token=secret")
	}
	verify().exits(t, exit.OK)

	assert.Assert(t, !strings.Contains(verify().out, "key/document"), "a document is what is there")
	assert.NilError(t, keys.SetFault(wellknown.PEMEscaped))
	r := verify()
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "proved  key/escaped-newlines: "))

	for fault, want := range map[wellknown.Fault]string{
		wellknown.Status500:                       "it answered 500, want 200",
		wellknown.RedirectTo("http://127.0.0.1/"): "it answered 302, want 200",
		wellknown.HTML:                            "unusable key: no PEM block found",
		wellknown.EmptyData:                       "unusable key: found JSON without data.publicKey",
	} {
		assert.NilError(t, keys.SetFault(fault))
		verify().says(t, exit.Inconclusive, "--key-url: "+server.URL+"/key?token=(redacted): no key came from there: "+want)
	}
	server.Close()
	r = verify()
	assert.Equal(t, r.code, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "no key came from there: "))
}

func TestAKeyOnTheCommandLineOutweighsThatOfTheEnvironment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	c := caller{env: []string{"RTKMOCK_KEY_URL=" + server.URL}}
	c.call(t, "verify", d.body, "--signature", d.signature, "--key", d.key).exits(t, exit.OK)
	c = caller{env: []string{"RTKMOCK_KEY=" + d.key}}
	c.call(t, "verify", d.body, "--signature", d.signature, "--key-url", server.URL).exits(t, exit.Inconclusive)
	call(t, "verify", d.body, "--signature", d.signature, "--key", d.key, "--key-url", server.URL).
		says(t, exit.Usage, "verify: --key and --key-url exclude each other; --other-key FILE names further keys")
}

func TestMistakesWithSignAndVerify(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	none := filepath.Join(d.dir, "none")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"verify", d.body}, "verify: found no key, want --key FILE or --key-url URL"},
		{[]string{"verify", none, "--key", d.key}, none + ": no such file or directory"},
		{[]string{"verify", d.body, "--key", none}, "--key: " + none + ": no such file or directory"},
		{[]string{"verify", d.body, "--key", d.key, "--other-key", d.body}, "--other-key: " + d.body + ": unusable key: found JSON without data.publicKey"},
		{[]string{"verify", d.body, "--key", d.body}, "--key: " + d.body + ": unusable key: found JSON without data.publicKey"},
		{[]string{"verify", d.body, "--key", d.key}, d.body + `: line 1: event: the member is unknown, want method, url, headers, body, body_base64, framing, delivery, outcome or target; if the file is a body alone, add --signature VALUE`},
		{[]string{"verify", d.body, "--key-url", "ftp://x"}, `--key-url: found "ftp://x", want http://HOST:PORT/.well-known/webhooks.json`},
		{[]string{"verify", d.body, "more", "--key", d.key}, `verify: unexpected "more" after the file`},
		{[]string{"sign", d.body}, `sign: found no key, want --key FILE; "rtkmock key new --out FILE" makes one`},
		{[]string{"sign", none, "--key", d.key}, none + ": no such file or directory"},
		{[]string{"sign", d.body, "--key", d.key, "--print", "http", "--url", "x"}, `--url: found "x": unusable target URL: it begins with "", want http:// or https://`},
	} {
		call(t, c.args...).says(t, exit.Usage, c.want)
	}
	caller{tty: true}.call(t, "verify", "--key", d.key).says(t, exit.Usage, "verify: found no file, want FILE, or - for standard input")
	caller{tty: true}.call(t, "sign", "--key", d.key).says(t, exit.Usage, "sign: found no file, want FILE, or - for standard input")
}

// A capture is somebody's input: nothing of it moves the cursor.
func TestVerifyKeepsACaptureFromTheTerminal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	evil := "POST / HTTP/1.1\nrtk-signature: \x1b[31m\nrtk-uuid: \x1b]0;x\x07\n\n{\"event\":\"\x1b[2J\"}"
	r := call(t, "verify", d.file("evil.http", evil), "--key", d.key)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, !strings.ContainsAny(r.out+r.err, "\x1b\x07"), "%q", r.out)
}

// The fixtures verify with their own key, and are known by it with another.
func TestVerifyKnowsTheFixtures(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, f := range fixtures.All()[:3] {
		path := d.file("fixture.http", string(f.HTTP()))
		call(t, "verify", path, "--key", d.file("public.pem", string(fixtures.PublicKey()))).exits(t, exit.OK)
		r := call(t, "verify", path, "--key", d.key)
		r.exits(t, exit.Nonconformant)
		assert.Assert(t, is.Contains(r.out, "proved  key/wrong: "))
		assert.Assert(t, is.Contains(r.out, "(the test key of rtkmock's fixtures)"))
	}
}
