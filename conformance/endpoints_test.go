package conformance

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestElsewhereIsTheSameServerUnderAnotherName(t *testing.T) {
	for _, tc := range []struct {
		base, other, want string
		reason            string
	}{
		{"http://127.0.0.1:9010", "", "http://localhost:9010/elsewhere/.well-known/webhooks.json", "the loopback address has two names"},
		{"http://localhost:9010/", "", "http://127.0.0.1:9010/elsewhere/.well-known/webhooks.json", "the other way round"},
		{"http://localhost", "", "http://127.0.0.1/elsewhere/.well-known/webhooks.json", "without a port"},
		{"http://rtkmock:9010", "http://172.17.0.1:9010/", "http://172.17.0.1:9010/elsewhere/.well-known/webhooks.json", "a name that the user gives"},
		{"http://rtkmock:9010", "", "", "no other name is known"},
	} {
		e := NewEndpointsWithAttacker(rtk.NewKeyring(nil), rtk.NewKeyring(nil), tc.base)
		e.OtherBase = tc.other
		got, ok := e.ElsewhereKeyURL()
		assert.Equal(t, ok, tc.want != "", tc.reason)
		if ok {
			assert.Equal(t, got, tc.want, tc.reason)
		}
	}
}
