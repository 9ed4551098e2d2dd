package mocksender_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// selfChecked delivers d by a sender with a self-check that notes what it is
// shown.
func selfChecked(t *testing.T, o mocksender.Options, d mocksender.Delivery) ([]mocksender.Outgoing, mocksender.Receipt, error) {
	t.Helper()
	n := sendertest.NewNetwork(t)
	n.Handler("target:80", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	var shown []mocksender.Outgoing
	o.SelfCheck = func(i mocksender.Outgoing) error {
		shown = append(shown, i)
		return mocksender.SelfCheck(i)
	}
	r, err := n.Sender(o).Send(t.Context(), "http://target/", d)
	return shown, r, err
}

func TestGenuineDeliveriesPassTheSelfCheck(t *testing.T) {
	for _, names := range []rtk.HeaderNames{rtk.HeadersRTK, rtk.HeadersDyte, rtk.HeadersBoth} {
		shown, r, err := selfChecked(t, mocksender.Options{HeaderNames: names}, sendertest.SampleDelivery())
		assert.NilError(t, err, "%s", names)
		assert.Equal(t, len(shown), 1)
		assert.Equal(t, len(r.Attempts), 1)
		assert.DeepEqual(t, shown[0].Request, r.Attempts[0].Request)
	}
}

func TestMutationsChangeWhatTheyDeclare(t *testing.T) {
	for _, m := range mutation.All(mutationOptions()) {
		d := sendertest.SampleDelivery()
		d.Mutations = []mutation.Mutation{m}
		_, _, err := selfChecked(t, mocksender.Options{}, d)
		if !errors.Is(err, mutation.ErrNotApplicable) {
			assert.NilError(t, err, m.ID)
		}
	}
}

// TestCorruptedDeliveriesDoNotPassTheSelfCheck corrupts what the sender is
// about to send, in every way in which a sender could go wrong.
func TestCorruptedDeliveriesDoNotPassTheSelfCheck(t *testing.T) {
	shown, _, err := selfChecked(t, mocksender.Options{}, sendertest.SampleDelivery())
	assert.NilError(t, err)
	head := func(from, to string) func(*mocksender.Outgoing) {
		return func(i *mocksender.Outgoing) {
			now := bytes.Replace(i.Twin.Head, []byte(from), []byte(to), 1)
			assert.Assert(t, !bytes.Equal(now, i.Twin.Head), "%q is not there", from)
			i.Twin.Head = now
		}
	}
	signature := shown[0].Request.Field(rtk.HeaderSignature)
	for _, tc := range []struct {
		reason  string
		corrupt func(*mocksender.Outgoing)
		says    string
	}{
		{"another method", func(i *mocksender.Outgoing) { i.Twin.Method = "PUT" }, "the method is PUT"},
		{"a body that is not the event's", func(i *mocksender.Outgoing) { i.Twin.Body = []byte(sendertest.Sample + " ") }, "not that of the event"},
		{"a changed body under the signature of the old one", func(i *mocksender.Outgoing) {
			i.Twin.Body = []byte(strings.Replace(sendertest.Sample, "LIVE", "GONE", 1))
			i.Delivery.Event.Body = i.Twin.Body
		}, "rtk-signature does not verify"},
		{"a signature by another key", func(i *mocksender.Outgoing) { i.Key = &sendertest.AttackerKey().PublicKey }, "rtk-signature does not verify"},
		{"a signature that lost a character", head(signature, signature[1:]), "rtk-signature does not verify"},
		{"two signatures", head("rtk-uuid: ", "rtk-signature: x\r\nrtk-uuid: "), "there 2 times"},
		{"no signature", head("rtk-signature: "+signature+"\r\n", ""), "there 0 times"},
		{"another uuid", head("rtk-uuid: ", "rtk-uuid: 0"), "rtk-uuid is"},
		{"another webhook id", head("rtk-webhook-id: ", "rtk-webhook-id: 0"), "rtk-webhook-id is"},
		{"names that nobody knows", func(i *mocksender.Outgoing) {
			i.Twin.Head = bytes.ReplaceAll(i.Twin.Head, []byte("rtk-"), []byte("abc-"))
		}, "none of the three"},
		{"another type", head("application/json", "text/plain"), "Content-Type is"},
		{"a length that is not the body's", head("Content-Length: ", "Content-Length: 1"), "Content-Length is 1"},
		{"a head that is none", head("HTTP/1.1", "HTTP"), "does not parse"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			i := shown[0]
			tc.corrupt(&i)
			err := mocksender.SelfCheck(i)
			assert.ErrorIs(t, err, mocksender.ErrSelfCheck)
			assert.ErrorContains(t, err, tc.says)
		})
	}
}

func TestMutationThatDoesOtherThanItDeclaresIsNotSent(t *testing.T) {
	change := func(f func(*mutation.Wire)) func(*mutation.Wire) error {
		return func(w *mutation.Wire) error { f(w); return nil }
	}
	for _, tc := range []struct {
		reason string
		m      mutation.Mutation
		says   string
	}{
		{"nothing at all", mutation.Mutation{ID: "signature/other-key", Apply: change(func(*mutation.Wire) {})}, "changes nothing"},
		{"the body as well", mutation.Mutation{ID: "signature/x", Apply: change(func(w *mutation.Wire) {
			w.SetSignature("x")
			w.Body = append(w.Body, '\n')
		})}, "signature/x changes the body, and declares to change the signature alone"},
		{"another header", mutation.Mutation{ID: "uuid/x", Apply: change(func(w *mutation.Wire) { w.Header["X-More"] = []string{"1"} })}, "changes header fields"},
		{"the spelling of a name", mutation.Mutation{ID: "uuid/x", Apply: change(func(w *mutation.Wire) {
			w.Header["RTK-Uuid"] = w.Header["rtk-uuid"]
			delete(w.Header, "rtk-uuid")
		})}, "changes header fields"},
		{"the method", mutation.Mutation{ID: "body/x", Apply: change(func(w *mutation.Wire) { w.Method = "PUT" })}, "changes the method"},
		{"the way it is framed", mutation.Mutation{ID: "webhook-id/x", Apply: change(func(w *mutation.Wire) { w.Framing.Chunked = true })}, "changes the framing"},
		{"where it goes", mutation.Mutation{ID: "header/x", Apply: change(func(w *mutation.Wire) { w.URL = "http://elsewhere/" })}, "changes the URL"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			d := sendertest.SampleDelivery()
			d.Mutations = []mutation.Mutation{tc.m}
			_, r, err := selfChecked(t, mocksender.Options{}, d)
			assert.ErrorIs(t, err, mocksender.ErrSelfCheck)
			assert.ErrorContains(t, err, tc.says)
			assert.Equal(t, len(r.Attempts), 0)
		})
	}
	d := sendertest.SampleDelivery()
	d.Mutations = []mutation.Mutation{{ID: "mine", Apply: change(func(w *mutation.Wire) { w.Body, w.Method = nil, "PUT" })}}
	_, _, err := selfChecked(t, mocksender.Options{}, d)
	assert.NilError(t, err, "what declares nothing may change anything")
}

func TestFieldsThatTheCallerGivesAreNotChecked(t *testing.T) {
	d := sendertest.SampleDelivery()
	d.Header = http.Header{"RTK-Signature": {"x"}, "content-type": nil}
	_, _, err := selfChecked(t, mocksender.Options{Header: http.Header{"rtk-webhook-id": {"a", "b"}}}, d)
	assert.NilError(t, err)
}

func TestRetryUnderAnotherUUIDIsCheckedAgain(t *testing.T) {
	d := sendertest.SampleDelivery()
	m, err := mutation.ByID(mutationOptions(), "signature/other-key")
	assert.NilError(t, err)
	d.Mutations = []mutation.Mutation{m}
	shown, r, err := selfChecked(t, mocksender.Options{RetryUUID: mocksender.NewUUID, Retry: mocksender.Retry{Waits: make([]time.Duration, 2)}}, d)
	assert.NilError(t, err)
	assert.Equal(t, len(shown), len(r.Attempts))
	for i, a := range r.Attempts {
		assert.Equal(t, a.Request.Field(rtk.HeaderUUID), shown[i].Delivery.UUID)
	}
}

// A mutation that does something else in the part that it declares is no proof of
// anything that a receiver does with it.
func TestMutationsThatDoSomethingElseDoNotPassTheSelfCheck(t *testing.T) {
	swapped := func(id, by string) mutation.Mutation {
		m, err := mutation.ByID(mutationOptions(), by)
		assert.NilError(t, err)
		m.ID, m.Changes = id, m.Parts()
		return m
	}
	for _, m := range []mutation.Mutation{
		{ID: "body/flip-byte", Apply: func(w *mutation.Wire) error { w.Body = []byte("[]"); return nil }},
		{ID: "body/reindent", Apply: func(w *mutation.Wire) error { w.Body = append(w.Body, 'x'); return nil }},
		swapped("body/trailing-newline", "body/reindent"),
		swapped("body/flip-byte", "body/trailing-newline"),
		swapped("signature/missing", "signature/empty"),
		swapped("signature/empty", "signature/missing"),
		swapped("signature/truncated", "signature/zero-bytes"),
		swapped("signature/one", "signature/zero"),
		swapped("signature/sha1", "signature/sha512"),
		swapped("signature/pss", "signature/sha512"),
		swapped("signature/hmac-hex", "signature/hmac-base64"),
		swapped("signature/garbage-base64", "signature/other-key"),
		swapped("signature/bad-then-good", "signature/good-then-bad"),
		swapped("signature/two-bad", "signature/bad-then-good"),
	} {
		d := sendertest.SampleDelivery()
		d.Mutations = []mutation.Mutation{m}
		_, _, err := selfChecked(t, mocksender.Options{}, d)
		assert.ErrorIs(t, err, mocksender.ErrSelfCheck, m.ID)
	}
}

func mutationOptions() mutation.Options {
	return mutation.Options{Attacker: sendertest.AttackerKey(), OtherBody: []byte(`{"event":"meeting.ended"}`)}
}
