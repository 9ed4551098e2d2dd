package artifacts_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func status(t testing.TB, s *artifacts.Server, token string) int {
	t.Helper()
	return ask(t, s, http.MethodGet, artifacts.Chat.Path(token, "chat.json")).StatusCode
}

func TestLinkAnswers403FromItsExpiryOn(t *testing.T) {
	now := at(0, 0)
	s := artifacts.New()
	s.Clock = func() time.Time { return now }
	assert.NilError(t, s.Expire(token, at(5, 0)))
	tests := []struct {
		at     time.Time
		want   int
		reason string
	}{
		{at(0, 0), 200, "long before"},
		{at(5, 0).Add(-1), 200, "just before"},
		{at(5, 0), 403, "exactly at the expiry"},
		{at(50, 0), 403, "long after"},
		{at(1, 0), 200, "the clock went back"},
	}
	for _, tt := range tests {
		now = tt.at
		assert.Equal(t, status(t, s, token), tt.want, tt.reason)
		assert.Equal(t, status(t, s, "another"), 200, "only this token's links expire")
	}
}

func TestExpiredLinkIsRefusedForEveryMethodAndFile(t *testing.T) {
	s := artifacts.New()
	assert.NilError(t, s.Expire(token, time.Now().Add(-time.Hour)))
	paths := append(everyPath(token), "/chat/"+token+"/", "/chat/"+token+"/chat.exe")
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			resp := ask(t, s, method, path, "Range", "bytes=0-9", "If-None-Match", "*")
			assert.Equal(t, resp.StatusCode, http.StatusForbidden, "%s %s", method, path)
			assert.Equal(t, resp.Header.Get("ETag"), "")
			assert.Equal(t, read(t, resp), "the link has expired\n")
		}
	}
	for _, visit := range s.Log() {
		assert.Assert(t, visit.Expired, "the log says so")
		assert.Equal(t, visit.Status, http.StatusForbidden)
	}
	assert.Equal(t, s.Visits(token), 3*len(paths), "refused requests are visits too")
	assert.Equal(t, status(t, s, "another"), 200)
	log := s.Log()
	assert.Assert(t, !log[len(log)-1].Expired)
	assert.Equal(t, ask(t, s, http.MethodGet, "/nothing").StatusCode, http.StatusNotFound)
}

func TestTTLCountsFromTheFirstVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := artifacts.New()
		assert.Equal(t, s.TTL(), time.Duration(0))
		s.SetTTL(time.Minute)
		assert.Equal(t, s.TTL(), time.Minute)
		<-time.After(time.Hour)
		assert.Equal(t, status(t, s, token), 200, "the first visit, however late")
		<-time.After(time.Minute - 1)
		assert.Equal(t, status(t, s, token), 200)
		assert.Equal(t, status(t, s, "later"), 200)
		<-time.After(1)
		assert.Equal(t, status(t, s, token), 403, "later visits do not extend it")
		assert.Equal(t, status(t, s, "later"), 200, "each token has its own time")

		s.SetTTL(0)
		assert.Equal(t, status(t, s, token), 200, "0 means never")
		s.SetTTL(-time.Second)
		assert.Equal(t, s.TTL(), time.Duration(0))
		assert.Equal(t, status(t, s, token), 200)
	})
}

func TestTTLDoesNotApplyToUncountedTokens(t *testing.T) {
	now := at(0, 0)
	s := artifacts.New()
	s.TokenLimit = 1
	s.Clock = func() time.Time { return now }
	s.SetTTL(time.Minute)
	for _, token := range []string{"counted", "dropped", "expired"} {
		assert.Equal(t, status(t, s, token), 200)
	}
	assert.NilError(t, s.Expire("expired", at(5, 0)))
	now = at(5, 0)
	assert.Equal(t, status(t, s, "counted"), 403)
	assert.Equal(t, status(t, s, "dropped"), 200, "its first visit is unknown")
	assert.Equal(t, status(t, s, "expired"), 403, "Expire needs no count")
}

func TestExpireOverridesTheTTL(t *testing.T) {
	now := at(0, 0)
	s := artifacts.New()
	s.Clock = func() time.Time { return now }
	s.SetTTL(time.Minute)
	assert.NilError(t, s.Expire("never", time.Time{}))
	assert.NilError(t, s.Expire("later", at(10, 0)))
	assert.NilError(t, s.Describe("described", weekly()))
	tokens := []string{"never", "later", "described", "unknown"}
	for _, tt := range []struct {
		at   time.Time
		want []int
	}{
		{at(0, 0), []int{200, 200, 200, 200}},
		{at(1, 0), []int{200, 200, 403, 403}},
		{at(10, 0), []int{200, 403, 403, 403}},
	} {
		now = tt.at
		for i, token := range tokens {
			assert.Equal(t, status(t, s, token), tt.want[i], "%s at %s", token, tt.at)
		}
	}
	assert.NilError(t, s.Expire("later", time.Time{}))
	assert.Equal(t, status(t, s, "later"), 200, "the last call counts")
}

// A download that starts in time is not late, however slow it is.
func TestExpiryIsJudgedOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := artifacts.New()
		s.SetDelay(time.Minute)
		assert.NilError(t, s.Expire(token, time.Now().Add(time.Second)))
		v := wait(t, s)
		assert.Equal(t, <-v.took, time.Minute)
		assert.Equal(t, v.w.Code, http.StatusOK)
		v = wait(t, s)
		assert.Assert(t, s.Log()[1].Expired && s.Log()[1].Pending)
		assert.Equal(t, <-v.took, time.Minute, "the delay holds refusals too")
		assert.Equal(t, v.w.Code, http.StatusForbidden)
	})
}

func TestLogHasRealTime(t *testing.T) {
	s := artifacts.New()
	s.Clock = func() time.Time { return at(0, 0) }
	before := time.Now()
	assert.Equal(t, status(t, s, token), 200)
	first, ok := s.FirstVisit(token)
	assert.Assert(t, ok && !first.Before(before) && !first.After(time.Now()))
}

func TestExpireRefusesAnInvalidToken(t *testing.T) {
	assert.Assert(t, errors.Is(artifacts.New().Expire("a/b", at(0, 0)), artifacts.ErrToken))
}
