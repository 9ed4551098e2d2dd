package receivers_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestEveryFlawIsDescribed(t *testing.T) {
	slug := regexp.MustCompile(`^[a-z0-9]+([-.][a-zA-Z0-9]+)*$`)
	id := regexp.MustCompile(`^(ctl|sig|key|evt|dlv|rsp|http|api)/[a-zA-Z0-9.-]+$`)
	seen := map[string]bool{}
	for _, f := range receivers.All() {
		assert.Assert(t, slug.MatchString(f.Name), f.Name)
		assert.Assert(t, !seen[f.Name], "%s is there twice", f.Name)
		seen[f.Name] = true
		assert.Assert(t, strings.HasSuffix(f.Doc, ".") || strings.HasSuffix(f.Doc, ".)") || strings.HasSuffix(f.Doc, `"`), "%s: %q", f.Name, f.Doc)
		for i, check := range slices.Concat(f.CaughtBy, f.MayReport) {
			assert.Assert(t, id.MatchString(check), "%s: %q", f.Name, check)
			assert.Assert(t, !slices.Contains(slices.Concat(f.CaughtBy, f.MayReport)[:i], check), "%s has %s twice", f.Name, check)
		}
	}
	for _, f := range receivers.Flaws() {
		assert.Assert(t, f.Kind == receivers.KindFlawed && len(f.CaughtBy) > 0, "no check catches %s", f.Name)
	}
	for _, f := range receivers.Benign() {
		assert.Assert(t, f.Kind == receivers.KindTwin && len(f.CaughtBy) == 0, "%s is not a twin", f.Name)
	}
	for _, f := range receivers.Degenerate() {
		assert.Assert(t, f.Kind == receivers.KindDegenerate, "%s passes for a receiver", f.Name)
	}
}

func TestUnknownFlawIsAnErrorThatListsTheKnown(t *testing.T) {
	_, err := receivers.Flawed("no-such-flaw", receivers.Config{})
	assert.Assert(t, errors.Is(err, receivers.ErrUnknownFlaw))
	assert.ErrorContains(t, err, `"no-such-flaw"`)
	assert.ErrorContains(t, err, "reserialises")
	assert.ErrorContains(t, err, "queues-then-verifies")
}

func TestListsAreTheCallers(t *testing.T) {
	all := receivers.All()
	all[0].Name, all[0].CaughtBy[0] = "changed", "changed"
	again := receivers.All()
	assert.Assert(t, again[0].Name != "changed" && again[0].CaughtBy[0] != "changed")
}

// All take a genuine delivery, except those that reject everything. Close leaves
// nothing behind, or the bubble would not end.
func TestEveryReceiverTakesGenuineDeliveries(t *testing.T) {
	mustKey(t, genuineKey) // outside of the bubbles
	for _, f := range slices.Concat(receivers.Flaws(), receivers.Benign()) {
		t.Run(f.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, f.Name)
				defer b.rc.Close()
				body := recent(strings.ReplaceAll(recordingBody, linkURL, "https://files.test/recording.mp4"))
				if slices.Contains(f.CaughtBy, "evt/accept-recording.statusUpdate") || f.Name == "drops-filesize-string" {
					body = simple(rtk.MeetingStarted, "s-1")
				}
				d := b.genuine(body)
				b.applySetup(d, f.Setup)
				code := b.status(d)
				for range 60 { // as a sender that retries
					if code < 500 {
						break
					}
					later(100 * time.Millisecond)
					code = b.status(d)
				}
				want := http.StatusOK
				if slices.Contains(f.CaughtBy, "ctl/valid-accepted") || f.Kind == receivers.KindTwin && f.Setup.Production {
					want = http.StatusUnauthorized
				}
				assert.Equal(t, code/100, want/100, "%d", code)
				later(time.Second)
				if want == http.StatusOK && !f.Setup.Unseen && !slices.Contains(f.CaughtBy, "evt/takes-effect") {
					assert.Equal(t, b.rc.Count(d.uuid), 1)
				}
			})
		})
	}
}

// applySetup makes a delivery what a choosy receiver asks for.
func (b *bench) applySetup(d *delivery, s receivers.Setup) {
	if s.Path != "" {
		d.URL.Path = s.Path
	}
	for name, values := range s.Header {
		d.Header[name] = values
	}
	if s.WebhookID != "" {
		d.Header.Set(rtk.HeaderWebhookID, s.WebhookID)
	}
	if s.MeetingID != "" {
		body := strings.ReplaceAll(string(d.body), `"id":"m-1"`, `"id":"`+s.MeetingID+`"`)
		d.body, d.Header[sigHeader] = []byte(body), b.genuine(body).Header[sigHeader]
	}
	if s.HeaderNames == rtk.HeadersDyte {
		d.Header.Set(rtk.DyteHeaderSignature, d.Header.Get(rtk.HeaderSignature))
		d.Header.Set(rtk.DyteHeaderUUID, d.uuid)
		d.Header.Del(rtk.HeaderSignature)
	}
}

var sigHeader = http.CanonicalHeaderKey(rtk.HeaderSignature)

// recent makes the meeting of a body start now.
func recent(body string) string {
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	return strings.Replace(body, `"meeting":{`, `"meeting":{"startedAt":"`+now+`",`, 1)
}

// flawCase is one request that shows a flaw, or that a flaw goes no further:
// what the flawed receiver and the reference answer.
type flawCase struct {
	flaw      string
	first     []func(*bench) *delivery // delivered before it
	make      func(*bench) *delivery
	flawed    int // what the flawed receiver answers
	reference int // what the reference answers
}

func testFlawCases(t *testing.T, cases []flawCase) {
	mustKey(t, genuineKey)
	mustKey(t, otherKey)
	for _, s := range cases {
		t.Run(s.flaw, func(t *testing.T) {
			for name, want := range map[string]int{s.flaw: s.flawed, "": s.reference} {
				b := newBench(t, name)
				for _, make := range s.first {
					d := make(b)
					assert.Equal(t, b.status(d), http.StatusOK, "%q, before", name)
				}
				d := s.make(b)
				assert.Equal(t, b.status(d), want, "%q", name)
				effects := 0
				if want == http.StatusOK && s.effect(d) {
					effects = 1
				}
				b.rc.Close()
				assert.Equal(t, b.rc.Count(d.uuid), effects, "%q: effects", name)
			}
		})
	}
}

// effect reports whether the delivery would take effect if it were accepted.
func (s flawCase) effect(d *delivery) bool {
	return regexp.MustCompile(`"event" ?: ?"[a-z]+\.(started|ended|participantJoined|participantLeft|statusUpdate|chatSynced|transcript|summary)"`).Match(d.body)
}

// whole serves a receiver over a real connection, which can be closed.
func (b *bench) whole(t *testing.T) func(*delivery) (int, error) {
	server := httptest.NewServer(b.rc)
	t.Cleanup(server.Close)
	return func(d *delivery) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), d.Method, server.URL, strings.NewReader(string(d.body)))
		assert.NilError(t, err)
		req.Header = d.Header.Clone()
		resp, err := server.Client().Do(req)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
}
