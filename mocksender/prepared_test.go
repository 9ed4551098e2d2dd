package mocksender_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestPreparedAttemptsSendTheSameAndSufferTheirOwnFaults(t *testing.T) {
	var uuids []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		uuids = append(uuids, r.Header.Get(rtk.HeaderUUID))
	}))
	defer server.Close()
	sender, err := mocksender.New(mocksender.Options{})
	assert.NilError(t, err)
	defer sender.Close()
	p, err := sender.Prepare(server.URL, mocksender.Delivery{
		Event:  rtk.Event{Type: rtk.MeetingStarted, Body: []byte(`{"event":"meeting.started"}`)},
		Faults: mocksender.FaultPlan{{Attempt: 2, Before: mocksender.Respond, Status: 503}},
	})
	assert.NilError(t, err)
	assert.Assert(t, p.Delivery.UUID != "")
	for n, want := range []int{200, 503, 200} {
		a := p.Try(t.Context(), n+1)
		assert.Equal(t, a.N, n+1)
		assert.Equal(t, a.Outcome.Status, want)
		assert.Equal(t, a.Reached, want == 200)
	}
	assert.DeepEqual(t, uuids, []string{p.Delivery.UUID, p.Delivery.UUID})
	assert.Equal(t, sender.Signatures(), uint64(1))
}

func TestPrepareRefusesWhatSendRefuses(t *testing.T) {
	sender, err := mocksender.New(mocksender.Options{})
	assert.NilError(t, err)
	defer sender.Close()
	_, err = sender.Prepare("localhost:3000", mocksender.Delivery{})
	assert.ErrorIs(t, err, mocksender.ErrURL)
	_, err = sender.Prepare("http://localhost/", mocksender.Delivery{Faults: mocksender.FaultPlan{{}}})
	assert.ErrorIs(t, err, mocksender.ErrFault)
}

func TestRawRequestIsSentAsItIs(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprint(r.Method, " ", r.Header.Get("rtk-signature"), " ", r.Header.Get("User-Agent"), " ", string(body))
	}))
	defer server.Close()
	sender, err := mocksender.New(mocksender.Options{
		SelfCheck: func(mocksender.Outgoing) error { return errors.New("called") },
		Faults:    mocksender.FaultPlan{{Event: rtk.MeetingEnded, Before: mocksender.Respond, Status: 503}},
	})
	assert.NilError(t, err)
	defer sender.Close()
	p, err := sender.PrepareRaw(&mutation.Wire{Method: "PUT", URL: server.URL, Header: http.Header{"rtk-signature": {"x"}}, Body: []byte("b")})
	assert.NilError(t, err)
	assert.Equal(t, p.Try(t.Context(), 3).Outcome.Status, 200)
	assert.Equal(t, got, "PUT x  b")
	assert.Equal(t, sender.Signatures(), uint64(0))

	p.Delivery.Event.Type = rtk.MeetingEnded
	assert.Equal(t, p.Try(t.Context(), 1).Outcome.Status, 503, "faults see what the caller says of the delivery")

	_, err = sender.PrepareRaw(&mutation.Wire{Method: "PUT", URL: "localhost:3000"})
	assert.ErrorIs(t, err, mocksender.ErrURL)
}
