package mocksendertest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mocksendertest"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
)

func TestGenuineEventsAreDeliveredAndForgedOnesRejected(t *testing.T) {
	t.Parallel()
	fake := mocksendertest.New(t, mocksendertest.Options{})
	url, rc := reference(t, fake)
	for _, event := range rtk.EventTypes() {
		receipt := fake.Send(url, fake.Event(event))
		assert.Assert(t, mocksendertest.Delivered(receipt))
		assert.Assert(t, mocksendertest.EffectOnce(receipt, rc.Count))
	}
	forged := fake.Send(url, fake.Event(rtk.MeetingEnded), "signature/other-key")
	assert.Assert(t, mocksendertest.Rejected(forged))
	assert.Assert(t, mocksendertest.NoEffect(forged, rc.Count))
	assert.Equal(t, len(fake.Receipts()), len(rtk.EventTypes())+1)
	assert.Assert(t, fake.KeyServer().Fetches() > 0)
}

func TestEachEventIsOneOfItsOwn(t *testing.T) {
	fake := mocksendertest.New(t, mocksendertest.Options{Payload: payload.Options{Seed: 7}})
	again := mocksendertest.New(t, mocksendertest.Options{Payload: payload.Options{Seed: 7}})
	a, b := fake.Event(rtk.MeetingStarted), fake.Event(rtk.MeetingStarted)
	assert.Assert(t, string(a.Body) != string(b.Body))
	assert.DeepEqual(t, again.Event(rtk.MeetingStarted), a)

	e := fake.Event(rtk.MeetingStarted, mocksendertest.Set("meeting.title", "<Standup>"), mocksendertest.Unset("meeting.status"))
	var body struct{ Meeting map[string]any }
	assert.NilError(t, json.Unmarshal(e.Body, &body))
	assert.Equal(t, body.Meeting["title"], "<Standup>")
	assert.Assert(t, body.Meeting["status"] == nil)

	assert.Equal(t, len(fake.Meeting(mocksendertest.MeetingOptions{}).Join("Mary Sue")), 2)
}

func TestARequestIsSignedWithoutANetwork(t *testing.T) {
	fake := mocksendertest.New(t, mocksendertest.Options{})
	event := fake.Event(rtk.MeetingStarted)
	pub, err := rtk.ParsePublicKey([]byte(fake.PublicPEM()))
	assert.NilError(t, err)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NilError(t, err)
		assert.Equal(t, r.URL.Path, "/webhook")
		assert.Equal(t, r.Header.Get("Content-Type"), "application/json")
		assert.Assert(t, r.Header.Get(rtk.HeaderUUID) != "")
		assert.Assert(t, r.ContentLength == int64(len(body)))
		if rtk.Verify(pub, body, r.Header.Get(rtk.HeaderSignature)) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	answer := func(mutations ...string) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, fake.Request("https://example.com/webhook", event, mutations...))
		return w.Code
	}
	assert.Equal(t, answer(), http.StatusOK)
	assert.Equal(t, answer("body/flip-byte"), http.StatusUnauthorized)
	assert.Equal(t, len(fake.Receipts()), 0)

	// A client takes the same request.
	res, err := fake.Client().Do(fake.Request(fake.Serve(handler), event))
	assert.NilError(t, err)
	res.Body.Close()
	assert.Equal(t, res.StatusCode, http.StatusOK)
}

func TestTheKeyEndpointFailsAndRotates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The reference receiver asks for the key every 50 ms at most.
		fake := mocksendertest.New(t, mocksendertest.Options{
			Net:    new(mocksendertest.Net),
			Sender: mocksender.Options{Retry: mocksender.Retry{Waits: []time.Duration{time.Second}}},
		})
		url, _ := reference(t, fake)
		fake.KeyFault(wellknown.Status500)
		receipt := fake.Send(url, fake.Event(rtk.MeetingStarted))
		assert.Equal(t, receipt.Fate, mocksender.Exhausted, "it asks to be sent the event again")
		fake.KeyFault(wellknown.None)
		assert.Assert(t, mocksendertest.Delivered(fake.Send(url, fake.Event(rtk.MeetingStarted))))

		before := fake.PublicPEM()
		key := fake.RotateKey(nil)
		assert.Assert(t, fake.PublicPEM() != before)
		<-time.After(time.Second) // virtual: until it may ask again
		assert.Assert(t, mocksendertest.Delivered(fake.Send(url, fake.Event(rtk.MeetingStarted))))
		assert.Assert(t, fake.RotateKey(key) == key)
	})
}

func TestPlayTakesANameOrAScript(t *testing.T) {
	t.Parallel()
	fake := mocksendertest.New(t, mocksendertest.Options{})
	url, _ := reference(t, fake)
	result := fake.Play(url, "lost-response")
	assert.Assert(t, mocksendertest.Met(result))
	script, err := scenarios.Parse("own.json", []byte(`{"title":"Own","steps":[{"emit":"meeting.started","expect":"rejected"}]}`))
	assert.NilError(t, err)
	ok, why := mocksendertest.Met(fake.Play(url, script))()
	assert.Assert(t, !ok)
	assert.Assert(t, is.Contains(why, "own: 0 of 1 delivery as expected, want all\n  step 1 ("))
}

// The links of an event lead to the fake, which knows who followed them.
func TestLinksLeadBack(t *testing.T) {
	t.Parallel()
	fake := mocksendertest.New(t, mocksendertest.Options{})
	url, rc := reference(t, fake)
	assert.Assert(t, mocksendertest.EffectOnce(fake.Send(url, fake.Event(rtk.MeetingTranscript)), rc.Count))
	rc.Close() // waits for downloads
	assert.Assert(t, len(fake.Artifacts().Log()) > 0)
}

func TestADayOfRetriesPassesInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := mocksendertest.New(t, mocksendertest.Options{
			Net:    new(mocksendertest.Net),
			Sender: mocksender.Options{Retry: mocksender.Retry{Waits: slices.Repeat([]time.Duration{time.Hour}, 24)}},
		})
		url, rc := reference(t, fake)
		down := true
		gate := fake.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if down {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			rc.ServeHTTP(w, r)
		}))
		began := time.Now()
		receipt := fake.Send(gate, fake.Event(rtk.MeetingEnded))
		assert.Assert(t, mocksendertest.Attempted(receipt, 25))
		assert.Equal(t, receipt.Fate, mocksender.Exhausted)
		assert.Assert(t, time.Since(began) >= 24*time.Hour)

		down = false
		receipt = fake.Send(gate, fake.Event(rtk.MeetingEnded))
		assert.Assert(t, mocksendertest.Delivered(receipt))
		assert.Assert(t, mocksendertest.EffectOnce(receipt, rc.Count))
		assert.Assert(t, mocksendertest.Delivered(fake.Send(url, fake.Event(rtk.MeetingEnded))))
	})
}

func TestMistakesOfATestAreToldToIt(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*mocksendertest.Fake)
		want string
	}{
		{"mutation", func(f *mocksendertest.Fake) { f.Send("http://x", f.Event(rtk.MeetingStarted), "body/none") }, `unknown mutation "body/none"`},
		{"event", func(f *mocksendertest.Fake) { f.Event("meeting.begun") }, "meeting.begun"},
		{"path", func(f *mocksendertest.Fake) { f.Event(rtk.MeetingStarted, mocksendertest.Unset("meeting.none")) }, "meeting.none"},
		{"value", func(f *mocksendertest.Fake) { f.Event(rtk.MeetingStarted, mocksendertest.Set("x", func() {})) }, "unsupported type"},
		{"URL", func(f *mocksendertest.Fake) { f.Send("nowhere", f.Event(rtk.MeetingStarted)) }, "unusable target URL"},
		{"request's URL", func(f *mocksendertest.Fake) { f.Request("nowhere", f.Event(rtk.MeetingStarted)) }, "unusable target URL"},
		{"scenario", func(f *mocksendertest.Fake) { f.Play("http://x", "none") }, "unknown scenario"},
		{"no scenario", func(f *mocksendertest.Fake) { f.Play("http://x", 7) }, "Play takes a name or a *scenarios.Scenario, not int"},
		{"fault", func(f *mocksendertest.Fake) { f.KeyFault("none-such") }, "unknown fault"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{}
			defer r.finish()
			fake := mocksendertest.New(r, mocksendertest.Options{})
			assert.Assert(t, r.during(func() { c.do(fake) }), "the test goes on")
			assert.Equal(t, len(r.errors), 1)
			assert.Assert(t, is.Contains(r.errors[0], "mocksendertest: "))
			assert.Assert(t, is.Contains(r.errors[0], c.want))
		})
	}
}

func TestWhatHappensIsLoggedAndCleanedUp(t *testing.T) {
	r := &recorder{}
	fake := mocksendertest.New(r, mocksendertest.Options{})
	url := fake.Serve(status(http.StatusTeapot))
	fake.Send(url, fake.Event(rtk.MeetingStarted), "uuid/missing")
	fake.KeyFault(wellknown.Hang)
	assert.Equal(t, string(r.log), "mocksendertest: meeting.started + uuid/missing to "+url+": failed; 418 I'm a teapot\n"+
		"mocksendertest: the key endpoint: hang\n")

	hung := make(chan error, 1)
	go func() {
		_, err := http.Get(fake.KeyURL()) //nolint:bodyclose // it fails, or is closed with the server
		hung <- err
	}()
	assert.NilError(t, fake.KeyServer().WaitFetch(t.Context(), wellknown.Mark{}))
	r.finish()
	<-hung
	for _, gone := range []string{url, fake.KeyURL()} {
		_, err := http.Get(gone) //nolint:bodyclose // it fails
		assert.Assert(t, err != nil, "%s still answers", gone)
	}
}

func TestAHardCodedHostNameLeadsToTheFake(t *testing.T) {
	for name, o := range map[string]mocksendertest.Options{
		"loopback": {}, "memory": {Net: new(mocksendertest.Net)},
	} {
		t.Run(name, func(t *testing.T) {
			o.REST = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, r.Host+r.URL.Path)
			})
			fake := mocksendertest.New(t, o)
			for url, want := range map[string]string{
				"https://api.realtime.cloudflare.com/.well-known/webhooks.json": fake.PublicPEM()[:26],
				"https://API.Cloudflare.com/client/v4/accounts/a":               "API.Cloudflare.com/client/v4/accounts/a",
				"https://api.dyte.io:443/v2/meetings":                           "api.dyte.io:443/v2/meetings",
				"https://media.rtkmock.example/none":                            "no such artifact",
			} {
				res, err := fake.Client().Get(url)
				assert.NilError(t, err)
				body, err := io.ReadAll(res.Body)
				assert.NilError(t, err)
				res.Body.Close()
				assert.Assert(t, is.Contains(string(body), want), url)
				assert.Equal(t, res.Request.URL.String(), url)
			}
			assert.Equal(t, fake.KeyServer().Fetches(), 1)
		})
	}
}

// The child of this test is the test itself. It starts no process, so it is
// looked at whether the environment leads to the fake.
func TestAChildProcessIsLedToTheFake(t *testing.T) {
	fake := mocksendertest.New(t, mocksendertest.Options{})
	env := map[string]string{}
	for _, line := range fake.Intercept(t, []string{"A=b", "no_proxy=*"}) {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	assert.Equal(t, env["A"], "b")
	assert.Equal(t, env["no_proxy"], "localhost,127.0.0.1,::1")
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	assert.NilError(t, err)
	text, err := os.ReadFile(env["SSL_CERT_FILE"])
	assert.NilError(t, err)
	roots := x509.NewCertPool()
	assert.Assert(t, roots.AppendCertsFromPEM(text))
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get("https://api.realtime.cloudflare.com/.well-known/webhooks.json")
	assert.NilError(t, err)
	res.Body.Close()
	assert.Equal(t, res.StatusCode, http.StatusOK)
	assert.Equal(t, fake.KeyServer().Fetches(), 1)

	inMemory := &recorder{}
	assert.Assert(t, inMemory.during(func() {
		mocksendertest.New(t, mocksendertest.Options{Net: new(mocksendertest.Net)}).Intercept(inMemory, nil)
	}))
}
