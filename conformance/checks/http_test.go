package checks_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// only returns the checks with these ids.
func only(t testing.TB, ids ...string) []*conformance.Check {
	t.Helper()
	var out []*conformance.Check
	for _, c := range checks.All() {
		if slices.Contains(ids, string(c.ID)) {
			out = append(out, c)
		}
	}
	assert.Equal(t, len(out), len(ids), "%q", ids)
	return out
}

// over runs one check against w.
func over(t *testing.T, w *wire, id string) conformance.Verdict {
	t.Helper()
	b := newBench(t, "")
	o := b.quick(w.url)
	o.Checks = only(t, id)
	report := run(t.Context(), t, o)
	t.Logf("%s %s", report.Verdicts[0].Status, report.Verdicts[0].Reason)
	return report.Verdicts[0]
}

// verified reports whether body was signed, and r carries the signature under
// the given spelling of its name.
func verified(t *testing.T, r captured, name, body string) bool {
	t.Helper()
	key, err := testKey()
	assert.NilError(t, err)
	return rtk.Verify(&key.PublicKey, []byte(body), r.field(name)) == nil
}

func TestHeaderCaseOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/header-case").Status, conformance.Pass)
	for _, names := range [][]string{
		{"rtk-signature", "rtk-uuid", "rtk-webhook-id", "content-type", "user-agent", "content-length"},
		{"Rtk-Signature", "Rtk-Uuid", "Rtk-Webhook-Id", "Content-Type", "User-Agent", "Content-Length"},
		{"RTK-SIGNATURE", "RTK-UUID", "RTK-WEBHOOK-ID", "CONTENT-TYPE", "USER-AGENT", "CONTENT-LENGTH"},
	} {
		found := w.those(func(r captured) bool {
			return !slices.ContainsFunc(names, func(name string) bool { return r.field(name) == "" })
		})
		assert.Assert(t, len(found) == 1, "%q: %d", names, len(found))
		r := found[0]
		assert.Assert(t, verified(t, r, names[0], r.body()))
		assert.Equal(t, r.field(names[5]), strconv.Itoa(len(r.body())))
		for _, name := range names {
			assert.Equal(t, strings.Count(strings.ToLower(r.head()), "\r\n"+strings.ToLower(name)+":"), 1, "%s is there once", name)
		}
	}
}

func TestSlowBodyOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/slow-body").Status, conformance.Pass)
	slow := w.those(func(r captured) bool { return len(r.pieces) > 3 })
	assert.Equal(t, len(slow), 1)
	assert.Assert(t, verified(t, slow[0], "rtk-signature", slow[0].body()))
}

func TestContentTypesOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/content-type").Status, conformance.Pass)
	for _, value := range []string{"application/json; charset=utf-8", "application/json;charset=UTF-8"} {
		found := w.those(func(r captured) bool { return r.field("Content-Type") == value })
		assert.Equal(t, len(found), 1, value)
		assert.Equal(t, strings.Count(strings.ToLower(found[0].head()), "content-type:"), 1)
	}
}

func TestChunksOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/chunked").Status, conformance.Pass)
	found := w.those(func(r captured) bool { return r.field("Transfer-Encoding") == "chunked" })
	assert.Equal(t, len(found), 2) // one with download links
	assert.Equal(t, found[0].field("Content-Length"), "")
	var body strings.Builder
	rest, n := found[0].body(), 0
	for {
		size, after, _ := strings.Cut(rest, "\r\n")
		length, err := strconv.ParseInt(size, 16, 64)
		assert.NilError(t, err)
		if length == 0 {
			break
		}
		body.WriteString(after[:length])
		rest, n = after[length+2:], n+1
	}
	assert.Equal(t, n, 3)
	assert.Assert(t, verified(t, found[0], "rtk-signature", body.String()))
}

func TestExpectContinueOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/expect-continue").Status, conformance.Pass)
	found := w.those(func(r captured) bool { return r.field("Expect") == "100-continue" })
	assert.Equal(t, len(found), 1)
	assert.Assert(t, strings.HasSuffix(found[0].pieces[0], "\r\n\r\n"), "the body was not asked for yet")
	assert.Assert(t, verified(t, found[0], "rtk-signature", found[0].body()))
}

func TestTruncatedBodyOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/truncated-body").Status, conformance.Pass)
	found := w.those(func(r captured) bool { return !r.whole && r.text() != "" })
	assert.Equal(t, len(found), 1)
	promised, err := strconv.Atoi(found[0].field("Content-Length"))
	assert.NilError(t, err)
	assert.Equal(t, len(found[0].body()), promised/2)
}

func TestConversationOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/keep-alive").Status, conformance.Pass)
	on := map[int][]captured{}
	for _, r := range w.all() {
		if r.text() != "" {
			on[r.conn] = append(on[r.conn], r)
		}
	}
	for _, all := range on {
		if !slices.ContainsFunc(all, func(r captured) bool { return r.field("rtk-signature") == "" }) {
			continue
		}
		assert.Equal(t, len(all), 6, "all on one connection")
		assert.Assert(t, all[2].field("rtk-signature") == "", "one is unsigned")
		assert.Equal(t, all[4].field("rtk-uuid"), all[0].field("rtk-uuid"), "one is a duplicate")
		for _, i := range []int{0, 1, 3, 5} {
			assert.Assert(t, verified(t, all[i], "rtk-signature", all[i].body()))
		}
		return
	}
	t.Fatal("there was no conversation")
}

func TestBurdensOnTheWire(t *testing.T) {
	w := newWire(t, nil)
	assert.Equal(t, over(t, w, "http/oversize").Status, conformance.Pass)
	big := w.those(func(r captured) bool { return len(r.body()) == 8<<20 })
	assert.Equal(t, len(big), 1)
	assert.Assert(t, !strings.Contains(big[0].head(), "rtk-signature"))
	flood := w.those(func(r captured) bool { return len(r.head()) > 2<<20 })
	assert.Equal(t, len(flood), 1)
	assert.Assert(t, !strings.Contains(flood[0].head(), "rtk-signature"))

	silent := w.those(func(r captured) bool { return r.text() == "" })
	inHead := w.those(func(r captured) bool { return r.text() != "" && !strings.Contains(r.text(), "\r\n\r\n") })
	inBody := w.those(func(r captured) bool { return r.body() != "" && !r.whole })
	// A connection that sent nothing may still wait to be accepted.
	assert.Assert(t, len(silent) > 0)
	assert.Equal(t, len(inHead), 20)
	assert.Equal(t, len(inBody), 20)
}

func TestWireIsJudgedByTheAnswer(t *testing.T) {
	chunked := func(r captured) bool { return r.field("Transfer-Encoding") != "" }
	expects := func(r captured) bool { return r.field("Expect") != "" }
	charset := func(r captured) bool { return strings.Contains(r.field("Content-Type"), "charset") }
	upper := func(r captured) bool { return r.field("RTK-SIGNATURE") != "" }
	cut := func(r captured) bool { return r.text() != "" && !r.whole }
	never := func(captured) bool { return false }
	for _, tc := range []struct {
		id, reason string
		when       func(captured) bool
		answer     int
		want       conformance.Status
		says       string
	}{
		{"http/chunked", "HTTP has 411 for it", chunked, 411, conformance.Pass, "answered 411"},
		{"http/chunked", "and nothing else", chunked, 400, conformance.Warn, "answered 400"},
		{"http/chunked", "a 5xx loses it as well, in the end", chunked, 500, conformance.Warn, "answered 500"},
		{"http/chunked", "and so does hanging up", chunked, 0, conformance.Warn, "cut"},
		{"http/chunked", "silence says nothing", chunked, -1, conformance.Inconclusive, "--timeout"},
		{"http/expect-continue", "HTTP has 417 for it", expects, 417, conformance.Pass, "answered 417"},
		{"http/expect-continue", "and nothing else", expects, 411, conformance.Warn, "answered 411"},
		{"http/content-type", "it is JSON all the same", charset, 415, conformance.Warn, "answered 415"},
		{"http/header-case", "names have no case", upper, 401, conformance.Warn, "header names in upper case: answered 401"},
		{"http/truncated-body", "half of it is not it", cut, 202, conformance.Warn, "answered 202"},
		{"http/truncated-body", "hanging up is a rejection", cut, 0, conformance.Pass, ""},
		{"http/truncated-body", "silence is none", cut, -1, conformance.Inconclusive, "waiting for the rest"},
		{"http/truncated-body", "a server in front answers as if it were busy, and is not", cut, 429, conformance.Pass, "no rate limit"},
		{"http/keep-alive", "all is well", never, 0, conformance.Pass, ""},
	} {
		t.Run(tc.id+": "+tc.reason, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, func(r captured) int {
				if tc.when(r) {
					return tc.answer
				}
				return 200
			})
			v := over(t, w, tc.id)
			assert.Equal(t, v.Status, tc.want)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}

// afterUnsigned is a memory of the connections on which an unsigned delivery
// has come, safe for concurrent use.
type afterUnsigned struct {
	mu    sync.Mutex
	conns map[int]bool
}

// on reports whether one has come before r: on its connection, and on any.
func (a *afterUnsigned) on(r captured) (here, anywhere bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	here, anywhere = a.conns[r.conn], len(a.conns) > 0
	if r.whole && r.field("rtk-signature") == "" {
		if a.conns == nil {
			a.conns = map[int]bool{}
		}
		a.conns[r.conn] = true
	}
	return here, anywhere
}

func TestSpoiltConnectionsAreToldFromSpoiltTargets(t *testing.T) {
	for _, tc := range []struct {
		reason string
		answer func(r captured, here, anywhere bool) int
		want   conformance.Status
		says   string
	}{
		{"a refusal that belongs to another request", func(_ captured, here, _ bool) int {
			if here {
				return 400
			}
			return 200
		}, conformance.Warn, "on a connection whose last answer was 401: answered 400"},
		{"a connection that is cut is made again", func(_ captured, here, _ bool) int {
			if here {
				return 0
			}
			return 200
		}, conformance.Pass, ""},
		{"a 5xx that the connection keeps giving", func(_ captured, here, _ bool) int {
			if here {
				return 503
			}
			return 200
		}, conformance.Warn, "answered 503"},
		{"a target that has broken down", func(_ captured, _, anywhere bool) int {
			if anywhere {
				return 503
			}
			return 200
		}, conformance.Inconclusive, "the control is not accepted now either"},
		{"a rate limit", func(_ captured, here, _ bool) int {
			if here {
				return 429
			}
			return 200
		}, conformance.Inconclusive, "--rate"},
		{"a limit that passes", func() func(captured, bool, bool) int {
			var began sync.Map // of the limit, by connection
			return func(r captured, here, _ bool) int {
				if at, _ := began.LoadOrStore(r.conn, time.Now()); here && time.Since(at.(time.Time)) < 500*time.Millisecond {
					return 503
				}
				return 200
			}
		}(), conformance.Pass, ""},
		{"silence", func(_ captured, here, _ bool) int {
			if here {
				return -1
			}
			return 200
		}, conformance.Inconclusive, "--timeout"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			var memory afterUnsigned
			v := over(t, newWire(t, func(r captured) int {
				here, anywhere := memory.on(r)
				return tc.answer(r, here, anywhere)
			}), "http/keep-alive")
			assert.Equal(t, v.Status, tc.want)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}
