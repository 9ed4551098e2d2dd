package refusal_test

import (
	"crypto/rsa"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

// hang keeps a request until its sender has gone.
func hang(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
	<-r.Context().Done()
	return true
}

func TestSilenceIsDiagnosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		rc     *receiver
		want   string
	}{
		{"the body was read before", &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			return r.Header.Get("Content-Type") == "application/json" && len(body) > 0 && hang(w, r, body)
		}}, "The answer hangs after the body was read: a body parser for JSON has read it"},
		{"the key cannot be had", &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			return r.Header.Get("rtk-signature") != "" && hang(w, r, body)
		}}, "Signed deliveries get no answer, and unsigned ones do"},
		{"what is genuine is not answered", &receiver{},
			"Nothing came back, although the signature is accepted: the handler never answers what is genuine"},
		{"a parser for every type has read it", &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			return len(body) > 0 && hang(w, r, body)
		}}, "The answer hangs after the body was read: a body parser has read it"},
		{"nothing is answered", &receiver{before: hang}, "Nothing came back within 300ms, signed or not"},
		{"the handler never answers", &receiver{signed: func([]byte) []byte { return []byte("something else") },
			before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
				return r.Header.Get("rtk-signature") == "" && hang(w, r, body)
			}}, "Nothing came back, although the key was fetched"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			stop := make(chan struct{})
			defer close(stop)
			switch c.reason {
			case "the handler never answers":
				c.rc.refuse = func(http.ResponseWriter) { <-stop }
			case "what is genuine is not answered":
				c.rc.after = func(http.ResponseWriter, map[string]any) { <-stop }
			}
			began := time.Now()
			_, v := judged(t, c.rc, true, func(o *conformance.Options) { o.WarmUp = 300 * time.Millisecond })
			assert.Assert(t, strings.HasPrefix(v.Reason, c.want), v.Reason)
			assert.Assert(t, time.Since(began) < 10*time.Second, "%s", time.Since(began))
		})
	}
}

// What a target does to its prober is bounded.
func TestProbingAHostileTargetIsBounded(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	for name, before := range map[string]func(http.ResponseWriter, *http.Request, []byte) bool{
		"answers without an end": func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			w.WriteHeader(http.StatusUnauthorized)
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("<p>", 1<<12)); err != nil {
					break
				}
			}
			return true
		},
		"hangs now and then": func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			if n.Add(1)%2 == 0 {
				return hang(w, r, body)
			}
			return answer(401, "application/json", `{"message":`+strings.Repeat("[", 20_000))(w, r, body)
		},
		"is slow": func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			select {
			case <-time.After(200 * time.Millisecond):
			case <-r.Context().Done():
			}
			return answer(403, "text/html", "<title>\x1b[2J\u202e no </title>")(w, r, body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, v := judged(t, &receiver{before: before}, true, func(o *conformance.Options) { o.Timeout = time.Second })
			assert.Assert(t, v.Diagnosis != nil && v.Diagnosis.Cause != "")
			assert.Assert(t, time.Since(began) < 20*time.Second, "%s", time.Since(began))
			for _, text := range append(v.Diagnosis.Seen, v.Reason) {
				assert.Assert(t, len(text) < 1000 && !strings.ContainsAny(text, "\x1b\u202e\n"), "%q", text)
			}
		})
	}
}

func TestARefusalThatPassesIsNamed(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	_, v := judged(t, &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		return n.Add(1) == 1 && answer(401, "text/plain", "no key yet")(w, r, body)
	}}, true, nil)
	assert.Assert(t, strings.HasPrefix(v.Reason, "The first delivery is refused, and the same is accepted a moment later"), v.Reason)
}

func TestATargetThatAnswersInTwoWaysIsNotCompared(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	_, v := judged(t, &receiver{before: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		return answer([]int{401, 403}[n.Add(1)%2], "text/plain", "")(w, r, body)
	}}, true, nil)
	assert.Assert(t, strings.HasPrefix(v.Reason, "It answers the same delivery in two ways"), v.Reason)
}

// The outage on purpose at the first contact must not be taken for the cause, nor
// the cause for a target that does not recover.
func TestTheOutageOnPurposeIsNotTheCause(t *testing.T) {
	t.Parallel()
	report, v := judged(t, &receiver{signed: func(b []byte) []byte { return append(b, ' ') }}, false, nil)
	assert.Assert(t, !strings.Contains(v.Reason, "on purpose"), v.Reason)
	for _, other := range report.Verdicts[1:] {
		if other.ID == "key/recovers" {
			assert.Check(t, other.Status != conformance.Fail && other.Status != conformance.Warn, "%s: %s", other.Status, other.Reason)
		}
	}
}

// A receiver that keeps the failure of its only fetch refuses everything, and could
// refuse this anyway.
func TestAKeptFailureIsACandidate(t *testing.T) {
	t.Parallel()
	_, v := judged(t, &receiver{once: true}, false, nil)
	assert.Assert(t, strings.HasPrefix(v.Reason, "It has not asked for its key again since the key endpoint failed, on purpose"), v.Reason)
}

func TestTheKeyOfAnEarlierRunIsAdopted(t *testing.T) {
	t.Parallel()
	keys := testKeys()
	earlier := func(o *conformance.Options) {
		o.Endpoints.Earlier = conformance.Earlier{Keys: []*rsa.PrivateKey{keys[0], keys[2]}, Place: "kept in a place"}
	}
	report, v := judged(t, &receiver{pinned: &keys[2].PublicKey}, true, earlier)
	assert.Equal(t, v.Status, conformance.Pass, v.Reason)
	assert.Assert(t, strings.Contains(v.Reason, "accepted with the key of an earlier run") && strings.Contains(v.Reason, "kept in a place"), v.Reason)
	assert.Equal(t, report.Stopped, "")
	assert.Equal(t, report.Ledger.Accepted, report.Ledger.Emitted, "the delivery with the fresh key is in no account")
	i := report.Instruments[2]
	assert.Assert(t, strings.Contains(i.Detail, "key of an earlier run") && strings.Contains(i.Detail, "kept in a place"), i.Detail)

	_, v = judged(t, &receiver{pinned: &keys[1].PublicKey}, true, earlier) // nobody has that key
	assert.Equal(t, v.Status, conformance.Inconclusive)
	assert.Assert(t, v.Diagnosis != nil)
}
