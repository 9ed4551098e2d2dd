package checks_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// fifth fails at every fifth delivery, and takes it for a duplicate when it comes again if
// it has marked it by then.
type fifth struct {
	marks bool
	deaf  bool // has no effects at all

	mu      sync.Mutex
	n       int
	marked  map[string]bool
	effects map[string]int
}

func (f *fifth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, err := testKey()
	if err != nil || rtk.Verify(&key.PublicKey, body, r.Header.Get("rtk-signature")) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	uuid := r.Header.Get("rtk-uuid")
	if f.marked[uuid] {
		return
	}
	if f.n++; f.n%5 == 0 {
		f.marked[uuid] = f.marks
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	f.marked[uuid] = true
	if !f.deaf {
		f.effects[uuid]++
	}
}

func (f *fifth) count(uuid string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.effects[uuid]
}

func TestWhatIsAcceptedWhenItComesAgainIsWatched(t *testing.T) {
	for _, tc := range []struct {
		reason  string
		fifth   *fifth
		counted bool
		want    conformance.Status
		says    string
	}{
		{"the retries are dropped", &fifth{marks: true}, true, conformance.Fail, "never took effect"},
		{"they take effect", &fifth{}, true, conformance.Pass, "accepted when they came again"},
		{"nothing has an effect", &fifth{marks: true, deaf: true}, true, conformance.Skip, "no genuine delivery had an effect"},
		{"nobody sees it", &fifth{marks: true}, false, conformance.Skip, "--effects-url"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			f := tc.fifth
			f.marked, f.effects = map[string]bool{}, map[string]int{}
			b := newBench(t, "")
			o := b.quick(serveHandler(t, f, nil))
			o.Parallel = 1
			if tc.counted {
				o.Target.Effects = effects.CounterFunc(f.count)
			}
			// Checks that do not look at effects themselves send what fails.
			o.Checks = only(t, "sig/raw-bytes", "http/header-case", "http/content-type", "sig/empty-header", "sig/truncated", "dlv/late-accept")
			for _, v := range run(t.Context(), t, o).Verdicts {
				if v.ID == "dlv/late-accept" {
					assert.Equal(t, v.Status, tc.want, v.Reason)
					assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
				}
			}
		})
	}
}
