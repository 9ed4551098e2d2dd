package refusal

import (
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

func TestTheFlagsForTheNextRunBelongToARemedy(t *testing.T) {
	no := refused(401, "Invalid signature")
	failing := Seen{Answer: exchange.Failing, Status: 500, Words: "answered 500", Header: http.Header{}}
	const container = "--listen 0.0.0.0:9010 --advertise http://host.docker.internal:9010"
	for _, c := range []struct {
		reason string
		o      *Observations
		flags  string
		first  string // of the remedies
	}{
		{"it says which variable it misses", saw(failing, failing, failing, failing, func(o *Observations) { o.Lacks, o.LacksFlag = "RTK_KEY_URL", "key-env" }),
			"--key-env RTK_KEY_URL", "it says that it misses RTK_KEY_URL: give it the URL of the key there by --key-env RTK_KEY_URL"},
		{"it misses the key itself", saw(failing, failing, failing, failing, func(o *Observations) { o.Lacks, o.LacksFlag = "RTK_PEM", "key-pem-env" }),
			"--key-pem-env RTK_PEM", "it says that it misses RTK_PEM: give it the key, in PEM, there by --key-pem-env RTK_PEM"},
		{"it has the key all the same", saw(failing, failing, failing, failing, func(o *Observations) { o.Lacks, o.LacksFlag, o.Fetches = "RTK_KEY_URL", "key-env", 1 }), "", ""},
		{"it takes other events", saw(refused(422, ""), no, no, no, func(o *Observations) {
			o.Seen[KindType+"meeting.ended"] = Seen{Answer: exchange.Accepted, Status: 200}
		}), "--events meeting.ended", "subscribe to the events that it takes alone: --events meeting.ended"},
		{"a pinned key", saw(no, no, no, no, nil), "", ownKey},
		{"in a container", saw(no, no, no, no, func(o *Observations) { o.Apart = true }), container, "the receiver does not run where rtkmock does, and http://localhost:1/key leads to itself there: " + container + " serves the key for a container"},
		{"the key is served elsewhere already", saw(no, no, no, no, func(o *Observations) { o.Running, o.KeyURL = true, "http://host:1/key" }), "", ownKey},
	} {
		t.Run(c.reason, func(t *testing.T) {
			d := Decide(c.o)
			assert.Equal(t, strings.Join(d.Flags, " "), c.flags)
			if c.first != "" {
				assert.Equal(t, d.Cure[0], c.first)
			}
		})
	}
	d := Decide(saw(no, no, no, no, func(o *Observations) { o.Running = true }))
	assert.Assert(t, strings.HasPrefix(d.Cure[len(d.Cure)-1], "if it runs in a container, "), "%q", d.Cure)
	assert.Equal(t, len(d.Flags), 0, "nobody knows that it does")
}

func TestALoopbackAddressLeadsToWhoeverAsks(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1:1/": true, "http://[::1]:1/": true, "http://localhost/": true, "http://app.localhost:3000": true,
		"http://app:3000/": false, "http://10.0.0.1/": false, "http://host.docker.internal:9010": false, "%": false,
	} {
		assert.Equal(t, isLoopback(address), want, address)
	}
}
