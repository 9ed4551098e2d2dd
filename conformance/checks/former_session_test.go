package checks_test

import (
	"context"
	"encoding/json"
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

// attendance counts events by session. It may put what ends to the latest session of the
// meeting.
type attendance struct {
	byMeeting bool

	mu     sync.Mutex
	latest map[string]string
	counts map[string]int
}

func (a *attendance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, err := testKey()
	if err != nil || rtk.Verify(&key.PublicKey, body, r.Header.Get("rtk-signature")) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var e struct {
		Event   string
		Meeting struct{ ID, SessionID string }
	}
	_ = json.Unmarshal(body, &e)
	a.mu.Lock()
	defer a.mu.Unlock()
	session := e.Meeting.SessionID
	switch {
	case e.Event == string(rtk.MeetingStarted):
		a.latest[e.Meeting.ID] = session
	case a.byMeeting && a.latest[e.Meeting.ID] != "":
		session = a.latest[e.Meeting.ID]
	}
	a.counts[session]++
}

func (a *attendance) Key(q effects.Query) string { return q.SessionID }

func (a *attendance) Count(_ context.Context, q effects.Query) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts[q.SessionID], nil
}

func TestNewSessionIsHeldAgainstWhatCameLateOfTheFormerOne(t *testing.T) {
	for _, tc := range []struct {
		reason    string
		byMeeting bool
		want      conformance.Status
		says      string
	}{
		{"each session has its own events", false, conformance.Pass, ""},
		{"they are put to the latest one", true, conformance.Warn, "more effects than it had events"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			a := &attendance{byMeeting: tc.byMeeting, latest: map[string]string{}, counts: map[string]int{}}
			b := newBench(t, "")
			o := b.quick(serveHandler(t, a, nil))
			o.Target.Effects, o.Checks = a, only(t, "dlv/former-session")
			v := run(t.Context(), t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}
