package events_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/internal/events"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A bug with text must be found by the checks that are about text, whatever the seed.
func TestNoEventHasMoreThanASCII(t *testing.T) {
	plain := func(e rtk.Event) {
		t.Helper()
		for _, c := range e.Body {
			assert.Assert(t, c < utf8.RuneSelf, "%s", e.Body)
		}
	}
	for seed := range uint64(20) {
		s := events.New(events.Options{Seed: seed, Start: time.Unix(1<<30, 0), LinksURL: func() string { return "http://links.test" }, Subscribed: rtk.EventTypes()})
		for range 3 {
			for _, kind := range rtk.EventTypes() {
				before, e, err := s.Next(kind)
				assert.NilError(t, err)
				for _, b := range append(before, e) {
					plain(b)
				}
			}
		}
		for _, form := range payload.Forms() {
			all, err := payload.Lifecycle(s.NextMeeting(form))
			assert.NilError(t, err)
			for _, e := range all {
				plain(e)
			}
		}
	}
}
