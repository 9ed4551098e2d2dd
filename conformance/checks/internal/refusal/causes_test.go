package refusal_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestMain(m *testing.M) {
	// The tests wait for what comes late more than they work.
	_ = flag.Set("test.parallel", "8")
	os.Exit(m.Run())
}

var testKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 3)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], _ = rtk.GenerateKey() })
	}
	wg.Wait()
	return keys
})

// receiver is a receiver as people write it. The zero value of each field is how it
// should be.
type receiver struct {
	keyURL  string
	effects atomic.Int64

	path    string                                                         // empty: any
	before  func(w http.ResponseWriter, r *http.Request, body []byte) bool // answers in front of all else
	pinned  *rsa.PublicKey
	read    func(document []byte) string // the PEM of the key document
	once    bool                         // fetches its key once, whatever that is
	header  string
	decode  func(header string) []byte
	signed  func(body []byte) []byte
	verify  func(key *rsa.PublicKey, body, signature []byte) error
	refuse  func(w http.ResponseWriter) // a delivery that does not verify
	after   func(w http.ResponseWriter, event map[string]any)
	answers bool // 404 at once, and goes on behind that

	mu  sync.Mutex
	key func() (*rsa.PublicKey, error)
}

func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if rc.path != "" && r.URL.Path != rc.path {
		http.NotFound(w, r)
		return
	}
	if rc.before != nil && rc.before(w, r, body) {
		return
	}
	if rc.answers {
		header := r.Header.Clone()
		go rc.handle(httptest.NewRecorder(), header, body)
		http.NotFound(w, r)
		return
	}
	rc.handle(w, r.Header, body)
}

func (rc *receiver) handle(w http.ResponseWriter, header http.Header, body []byte) {
	if err := rc.check(header, body); err != nil {
		if rc.refuse != nil {
			rc.refuse(w)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event map[string]any
	_ = json.Unmarshal(body, &event)
	if rc.after != nil {
		rc.after(w, event)
		return
	}
	rc.effects.Add(1)
}

func (rc *receiver) check(header http.Header, body []byte) error {
	name := "rtk-signature"
	if rc.header != "" {
		name = rc.header
	}
	value := header.Get(name)
	if value == "" {
		return rtk.ErrSignature
	}
	signature, err := base64.StdEncoding.DecodeString(value)
	if rc.decode != nil {
		signature, err = rc.decode(value), nil
	}
	if err != nil {
		return err
	}
	key, err := rc.publicKey()
	if err != nil {
		return err
	}
	if rc.signed != nil {
		body = rc.signed(body)
	}
	if rc.verify != nil {
		return rc.verify(key, body, signature)
	}
	sum := sha256.Sum256(body)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
}

func (rc *receiver) publicKey() (*rsa.PublicKey, error) {
	if rc.pinned != nil {
		return rc.pinned, nil
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.key == nil {
		rc.key = sync.OnceValues(rc.fetch)
	}
	key, err := rc.key()
	if !rc.once {
		rc.key = nil
	}
	return key, err
}

func (rc *receiver) fetch() (*rsa.PublicKey, error) {
	resp, err := http.Get(rc.keyURL)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	document, _ := io.ReadAll(resp.Body)
	read := func(document []byte) string { return member(document, "data", "publicKey") }
	if rc.read != nil {
		read = rc.read
	}
	return rtk.ParsePublicKey([]byte(read(document)))
}

// Restart implements conformance.Restarter.
func (rc *receiver) Restart(context.Context) error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.key = nil
	return nil
}

// member returns the text at a path of a JSON object, or "".
func member(document []byte, path ...string) string {
	var v any
	_ = json.Unmarshal(document, &v)
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	text, _ := v.(string)
	return text
}

func answer(status int, contentType, text string) func(http.ResponseWriter, *http.Request, []byte) bool {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, text)
		return true
	}
}

// judged judges a receiver, which rtkmock has started if started is set, and returns
// the diagnosis.
func judged(t *testing.T, rc *receiver, started bool, change func(*conformance.Options)) (*conformance.Report, conformance.Verdict) {
	t.Helper()
	keys := testKeys()
	mux := http.NewServeMux()
	own := httptest.NewServer(mux)
	t.Cleanup(own.Close)
	endpoints := conformance.NewEndpointsWithAttacker(rtk.NewKeyring(keys[1]), rtk.NewKeyring(keys[0]), own.URL)
	mux.Handle("/", endpoints.Handler())
	rc.keyURL = endpoints.KeyURL()
	target := httptest.NewServer(rc)
	t.Cleanup(func() { target.CloseClientConnections(); target.Close() })
	var some []*conformance.Check
	for _, c := range checks.All() {
		switch c.ID {
		case "ctl/valid-accepted", "key/outage-cold", "key/recovers":
			some = append(some, c)
		}
	}
	o := conformance.Options{
		Endpoints: endpoints, Checks: some, Seed: 7, Timeout: 2 * time.Second, WarmUp: time.Second,
		RetryWaits: []time.Duration{time.Millisecond}, Recovery: 200 * time.Millisecond, RecoveryEnd: 300 * time.Millisecond, Quiet: time.Millisecond,
		Target: conformance.Target{URL: target.URL + "/webhook", Effects: effects.CounterFunc(func(string) int { return int(rc.effects.Load()) })},
	}
	if started {
		o.Target.Restart = rc
	}
	if change != nil {
		change(&o)
	}
	report, err := conformance.Run(t.Context(), o)
	assert.NilError(t, err)
	return report, report.Verdicts[0]
}

// The receivers are those of a first run that ended without a verdict, and the first
// line is what their owners should have read.
func TestTheFirstRefusalNamesItsCause(t *testing.T) {
	t.Parallel()
	html := func(title, text string) string {
		return "<!DOCTYPE html><html><head><title>" + title + "</title><style>b{}</style></head><body><h1>" + text + "</h1></body></html>"
	}
	refused := func(status int, text string) func(http.ResponseWriter, map[string]any) {
		return func(w http.ResponseWriter, _ map[string]any) { w.WriteHeader(status); fmt.Fprint(w, text) }
	}
	for _, c := range []struct {
		reason string
		rc     *receiver
		want   string // the first line begins with this
		cure   string // one of the cures has this
		seen   string // one of the texts has this
	}{
		{"wrong path", &receiver{path: "/api/webhooks"}, "The path is wrong: nothing takes a delivery at /webhook (404), and something does at /api/webhooks", "/api/webhooks", "the key was fetched for a probe to another path alone"},
		{"unknown path", &receiver{path: "/my/own/hook"}, "Nothing is served under this path (404)", "check the path, which is /webhook", ""},
		{"wrong method", &receiver{before: func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			w.Header().Set("Allow", "GET")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return true
		}}, "This path takes no POST (it allows GET)", "own path", ""},
		{"CSRF page", &receiver{before: answer(403, "text/html", html("403 Forbidden", "CSRF verification failed. Request aborted."))},
			"A CSRF protection refuses it before anything looks at the signature (403)", "csrf_exempt", "403 Forbidden: CSRF verification failed. Request aborted."},
		{"token", &receiver{before: func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if r.URL.Query().Get("token") == "t" {
				return false
			}
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}}, "Nothing seems to look at the signature yet: the answer is the same to a signed, an unsigned and a changed delivery (401); something in front refuses it, such as a token in the query or a header, a CSRF protection or a gateway. Or it verifies", "--header", "never fetched"},
		{"token that is named", &receiver{before: answer(401, "application/json", `{"error":{"message":"missing API token"}}`)},
			"Nothing looks at the signature yet: a token or a key is asked for first (401)", "--header", "missing API token"},
		{"token that FastAPI misses", &receiver{before: answer(422, "application/json", `{"detail":[{"type":"missing","loc":["query","token"],"msg":"Field required"}]}`)},
			"Nothing looks at the signature yet: a token or a key is asked for first (422)", "query", "query.token: Field required"},
		{"gateway", &receiver{before: func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			w.Header().Set("WWW-Authenticate", `Basic realm="staging"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}}, `Nothing looks at the signature yet: credentials are asked for first (401, WWW-Authenticate: Basic realm="staging")`, "--header", ""},
		{"unknown meeting", &receiver{after: refused(404, `{"error":"no such meeting"}`)},
			"The signature is accepted, and the payload is refused (404): the answer names meeting.id", "--meeting-id", "no such meeting"},
		{"member that is not liked", &receiver{after: refused(422, `{"errors":[{"msg":"meeting.title must be one of Standup"}]}`)},
			"The signature is accepted, and the payload is refused (422): the answer names meeting.title", "--set meeting.title=", ""},
		{"member of some events that is not liked", &receiver{after: func(w http.ResponseWriter, event map[string]any) {
			if meeting, _ := event["meeting"].(map[string]any); meeting["title"] != nil {
				refused(400, `{"error":"meeting.title unknown"}`)(w, event)
			}
		}}, "The signature is accepted, and the payload is refused (400): the answer names meeting.title", "--events meeting.chatSynced", "genuine deliveries of meeting.chatSynced"},
		{"payload", &receiver{after: refused(400, ``)}, "The signature is accepted, and the payload is refused (400)", "--meeting-id", ""},
		{"another file of the handler", &receiver{after: refused(500, `Error`)}, "The signature is accepted, and then the handler fails (500)", "log", ""},
		{"member read flat", &receiver{after: func(w http.ResponseWriter, event map[string]any) {
			if event["meetingId"] == nil {
				w.WriteHeader(http.StatusBadRequest)
			}
		}}, "The payload is refused: the receiver reads meetingId at the top, and it stands at meeting.id", "--set meetingId=", ""},
		{"some events", &receiver{after: func(w http.ResponseWriter, event map[string]any) {
			if kind, _ := event["event"].(string); !strings.HasPrefix(kind, "recording.") && kind != "meeting.ended" {
				w.WriteHeader(http.StatusBadRequest)
			}
		}}, "It takes only some of the events: meeting.started is refused, and meeting.ended, recording.statusUpdate accepted", "--events meeting.ended,recording.statusUpdate", ""},
		{"413", &receiver{before: answer(413, "text/html", html("413 Request Entity Too Large", "nginx"))}, "The body is too large for the receiver, or for a proxy in front", "client_max_body_size", ""},
		{"502", &receiver{before: answer(502, "text/html", html("502 Bad Gateway", "nginx"))}, "A proxy in front answers, and does not get an answer from the receiver behind it (502", "behind the proxy", "502 Bad Gateway: nginx"},
		{"504", &receiver{before: answer(504, "text/plain", "upstream timed out")}, "A proxy in front answers, and waits in vain for the receiver behind it (504", "", ""},
		{"429", &receiver{before: func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			w.Header().Set("RateLimit-Policy", "1;w=60")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}}, "It limits its rate, even for the first delivery (429, RateLimit-Policy: 1;w=60)", "--rate", ""},
		{"Python's json.dumps", &receiver{signed: func(b []byte) []byte {
			return bytes.NewBufferString(strings.NewReplacer(`":`, `": `, `",`, `", `, `},`, `}, `).Replace(string(b))).Bytes()
		}}, "It does not verify the raw bytes of the body: it accepts a signature over the body as", "express.raw", ""},
		{"Python's str of a dict", &receiver{signed: func(b []byte) []byte {
			return []byte(strings.NewReplacer(`":`, `': `, `",`, `', `, `},`, `}, `, `"`, `'`).Replace(string(b)))
		}}, "It does not verify the raw bytes of the body: it accepts a signature over the body as Python prints a dict", "get_data", ""},
		{"members in order", &receiver{signed: func(b []byte) []byte {
			var v any
			_ = json.Unmarshal(b, &v)
			out, _ := json.Marshal(v)
			return out
		}}, "It does not verify the raw bytes of the body: it accepts a signature over the body with its members in order of name", "", ""},
		{"body that was read before", &receiver{signed: func([]byte) []byte { return nil }}, "It does not verify the raw bytes of the body: it accepts a signature over an empty body", "", ""},
		{"parser that throws", &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			return !json.Valid(body) && answer(400, "text/plain", "SyntaxError: Unexpected end of JSON input")(w, r, body)
		}, signed: func([]byte) []byte { return []byte("something else") }}, "It does not verify the raw bytes of the body: a body parser of the framework comes first", "express.raw", "no JSON"},
		{"parser that is named", &receiver{signed: func([]byte) []byte { return []byte("something else") }, refuse: func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string or an instance of Buffer`)
		}}, "It does not verify the raw bytes of the body: a body parser of the framework comes first (it speaks of", "express.raw", ""},
		{"parser that is named before the key is fetched", &receiver{before: answer(400, "application/json", `{"message":"rawBody is missing","error":"Bad Request","statusCode":400}`)},
			"It does not verify the raw bytes of the body: a body parser of the framework comes first (it speaks of \"rawBody\")", "express.raw", "never fetched"},
		{"stream that was read before the key is fetched", &receiver{before: answer(400, "application/json", `{"error":"Body is unusable: Body has already been read"}`)},
			"It does not verify the raw bytes of the body: a body parser of the framework comes first (it speaks of \"Body is unusable", "express.raw", ""},
		{"raw body missed behind a look at the header", &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			if r.Header.Get("rtk-signature") == "" {
				return answer(401, "text/plain", "unauthorized")(w, r, body)
			}
			return answer(500, "text/plain", "raw body not available")(w, r, body)
		}}, "It does not verify the raw bytes of the body: a body parser of the framework comes first (it speaks of \"raw body\")", "express.raw", ""},
		{"raw body missed without a word", &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			if !json.Valid(body) {
				return answer(500, "text/plain", "")(w, r, body)
			}
			return answer(400, "text/plain", "")(w, r, body)
		}}, "Nothing seems to look at the signature yet: the answer is the same to a signed, an unsigned and a changed delivery (400); something in front refuses it, such as a token in the query or a header, a CSRF protection or a gateway. Or it verifies with another key, one that is pinned, kept from an earlier run, or comes from a hard-coded URL, and refuses all alike. Or a body parser comes first", "express.raw", "no JSON"},
		{"account that is locked", &receiver{before: answer(403, "text/plain", "this account is locked")},
			"Nothing seems to look at the signature yet", "--header", "never fetched"},
		{"publicKey", &receiver{read: func(d []byte) string { return member(d, "publicKey") }},
			"The key is read at the wrong place: at publicKey of the key document, and it stands at data.publicKey", "data.publicKey", ""},
		{"publicKey, read once", &receiver{once: true, read: func(d []byte) string { return member(d, "publicKey") }},
			"The key is read at the wrong place: at publicKey of the key document, and it stands at data.publicKey", "", ""},
		{"document as PEM", &receiver{read: func(d []byte) string { return string(d) }}, "The whole key document is taken for a PEM", "data.publicKey", ""},
		{"key under another name", &receiver{read: func(d []byte) string { return member(d, "data", "public_key") }},
			"The key is read at the wrong place: the delivery is accepted once the key document has the key under other usual names", "", ""},
		{"Base64 is not decoded", &receiver{decode: func(h string) []byte { return []byte(h) }},
			"The key was fetched, and a genuine delivery is refused like a forged one: the Base64 of rtk-signature is not decoded before the verification, or", "Base64", "other forms of the signature: refused"},
		{"header read as hex", &receiver{decode: func(h string) []byte { return fromHex(h) }}, "It decodes the header in the wrong way: it accepts the signature in hex", "Base64", ""},
		{"PSS", &receiver{verify: func(key *rsa.PublicKey, body, signature []byte) error {
			sum := sha256.Sum256(body)
			return rsa.VerifyPSS(key, crypto.SHA256, sum[:], signature, nil)
		}}, "It verifies another scheme: it accepts RSA-PSS with SHA-256", "", ""},
		{"HMAC", &receiver{verify: func(key *rsa.PublicKey, body, signature []byte) error {
			secret, _ := rtk.PublicPEM(key)
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(body)
			if !hmac.Equal(mac.Sum(nil), signature) {
				return rtk.ErrSignature
			}
			return nil
		}}, "It verifies another scheme: it accepts HMAC-SHA256 with the text of the public key as secret", "RSASSA-PKCS1-v1_5", ""},
		{"hashed twice", &receiver{signed: func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }}, "It does not verify the raw bytes of the body: it accepts a signature over the body's SHA-256", "", ""},
		{"the predecessor's headers", &receiver{header: "dyte-signature"}, "It reads the signature from other headers: the dyte-… names", "--header-names dyte", ""},
		{"pinned", &receiver{pinned: &testKeys()[2].PublicKey, refuse: func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, "invalid signature")
		}}, "It verifies with another key than the one that signs here: one that is pinned", "--key FILE", "never asked for"},
		{"pinned, and a missing header is answered otherwise", &receiver{pinned: &testKeys()[2].PublicKey, before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			return r.Header.Get("rtk-signature") == "" && answer(400, "text/plain", "bad request")(w, r, body)
		}}, "It verifies with another key than the one that signs here: one that is pinned", "--key FILE", ""},
		{"404 before it is done", &receiver{answers: true}, "The handler answers 404 before it is done", "await", "its effect was counted"},
	} {
		for name, started := range map[string]bool{"started here": true, "running before": false} {
			if !started && (c.rc.once || c.rc.before != nil) {
				continue // it cannot be made to read its key again, or does not come as far as that
			}
			t.Run(c.reason+", "+name, func(t *testing.T) {
				t.Parallel()
				rc := clone(c.rc)
				began := time.Now()
				_, v := judged(t, rc, started, nil)
				t.Logf("%s: %s", time.Since(began).Round(time.Millisecond), v.Reason)
				assert.Assert(t, v.Diagnosis != nil, v.Reason)
				assert.Assert(t, strings.HasPrefix(v.Reason, c.want), v.Reason)
				assert.Assert(t, strings.Contains(strings.Join(v.Diagnosis.Cure, "\n"), c.cure), "%q", v.Diagnosis.Cure)
				assert.Assert(t, strings.Contains(strings.Join(v.Diagnosis.Seen, "\n"), c.seen), "%q", v.Diagnosis.Seen)
			})
		}
	}
}

func fromHex(h string) []byte {
	var out []byte
	_, _ = fmt.Sscanf(h, "%x", &out)
	return out
}

// clone returns a receiver of the same kind that has seen nothing.
func clone(rc *receiver) *receiver {
	return &receiver{
		path: rc.path, before: rc.before, pinned: rc.pinned, read: rc.read, once: rc.once, header: rc.header,
		decode: rc.decode, signed: rc.signed, verify: rc.verify, refuse: rc.refuse, after: rc.after, answers: rc.answers,
	}
}
