package mocksender_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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

func TestReusedRequestIsAsAFreshOne(t *testing.T) {
	sender, err := mocksender.New(mocksender.Options{})
	assert.NilError(t, err)
	defer sender.Close()
	wire := func(method, path, name, value, body string, f mutation.Framing) *mutation.Wire {
		return &mutation.Wire{Method: method, URL: "http://target" + path, Header: http.Header{name: {value}}, Body: []byte(body), Framing: f}
	}
	var spare *mocksender.Prepared
	for _, w := range []*mutation.Wire{
		wire("POST", "/a", "X-First", "1", strings.Repeat("long ", 40), mutation.Framing{}),
		wire("PUT", "/b?c", "x-second", "22", "short", mutation.Framing{}),
		wire("HEAD", "/", "Connection", "close", "", mutation.Framing{}),
		wire("POST", "/", "X-Chunks", "3", "in pieces", mutation.Framing{Chunked: true, Pieces: 2}),
		wire("POST", "/", "X-Large", "4", strings.Repeat("x", 40<<10), mutation.Framing{}),
		wire("POST", "/", "X-Last", "5", "end", mutation.Framing{}),
	} {
		fresh, err := sender.PrepareRaw(w)
		assert.NilError(t, err)
		if spare == nil {
			spare = fresh
			continue
		}
		spare.Delivery.UUID = "of before"
		assert.NilError(t, spare.Reuse(w))
		assert.DeepEqual(t, spare.Request, fresh.Request)
		assert.Equal(t, spare.Delivery.UUID, "")
	}
	assert.ErrorIs(t, spare.Reuse(&mutation.Wire{Method: "POST", URL: "target"}), mocksender.ErrURL)
	assert.NilError(t, spare.Reuse(wire("POST", "/", "X-After", "1", "", mutation.Framing{})), "an error leaves it usable")
}
