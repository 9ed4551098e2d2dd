package cli

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/page"
	"github.com/rtkmock/rtkmock/schemas"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	assert.NilError(t, err)
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	assert.NilError(t, err)
	return resp.StatusCode, string(body)
}

func TestServeServesTheKeyOfTheFile(t *testing.T) {
	t.Parallel()
	file := keyFile(t)
	key := testKeys()[0]
	s, ready := startServer(t, "serve", "--key", file)
	assert.Equal(t, ready.KeyURL, ready.URL+rtk.KeyDocumentPath)
	assert.Equal(t, ready.PID, os.Getpid())
	assert.Assert(t, is.Contains(s.out.String(), "key URL: "+ready.KeyURL+"\n"))

	status, body := get(t, ready.KeyURL)
	assert.Equal(t, status, http.StatusOK)
	assert.NilError(t, schemas.Validate("key-document", schemas.Strict, []byte(body)))
	var document struct{ Data struct{ PublicKey string } }
	assert.NilError(t, json.Unmarshal([]byte(body), &document))
	want, err := rtk.PublicPEM(&key.PublicKey)
	assert.NilError(t, err)
	assert.Equal(t, document.Data.PublicKey, want)
	s.err.await(t, "GET /.well-known/webhooks.json  200 OK  from 127.0.0.1")

	status, body = get(t, ready.URL+"/webhook")
	assert.Equal(t, status, http.StatusNotFound)
	assert.Assert(t, is.Contains(body, rtk.KeyDocumentPath))
	assert.Equal(t, s.stop(), exit.OK, "ending a server is no failure")
}

func TestReadyFileIsGoneInTheEnd(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ready.json")
	s := start(t, "serve", "--ready-file", file, "--output", "json")
	var ready server.Ready
	assert.NilError(t, json.Unmarshal([]byte(s.out.await(t, "\n")), &ready))
	data, err := os.ReadFile(file)
	assert.NilError(t, err)
	assert.Equal(t, string(data), s.out.String())
	s.stop()
	_, err = os.Stat(file)
	assert.Assert(t, os.IsNotExist(err))
}

func TestServeFailsInTheWayThatIsAskedFor(t *testing.T) {
	t.Parallel()
	_, ready := startServer(t, "serve", "--key-fault", "status-500")
	status, _ := get(t, ready.KeyURL)
	assert.Equal(t, status, http.StatusInternalServerError)
}

func TestAHangingFaultDoesNotHoldTheEndUp(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "serve", "--key-fault", "hang")
	hanging, err := net.Dial("tcp", strings.TrimPrefix(ready.URL, "http://"))
	assert.NilError(t, err)
	defer hanging.Close()
	_, err = io.WriteString(hanging, "GET "+rtk.KeyDocumentPath+" HTTP/1.1\r\nHost: x\r\n\r\n")
	assert.NilError(t, err)
	get(t, ready.URL+"/other") // accepted after the other
	began := time.Now()
	assert.Equal(t, s.stop(), exit.OK)
	assert.Assert(t, time.Since(began) < server.ShutdownLimit)
}

func TestUnusedConnectionsDoNotHoldTheEndUp(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "serve")
	unused, err := net.Dial("tcp", strings.TrimPrefix(ready.URL, "http://"))
	assert.NilError(t, err)
	defer unused.Close()
	get(t, ready.KeyURL) // accepted after the other
	began := time.Now()
	assert.Equal(t, s.stop(), exit.OK)
	assert.Assert(t, time.Since(began) < server.ShutdownLimit)
}

func TestAdvertisedAddressIsPrinted(t *testing.T) {
	t.Parallel()
	_, ready := startServer(t, "serve", "--advertise", "https://keys.example:8443/")
	assert.Equal(t, ready.KeyURL, "https://keys.example:8443"+rtk.KeyDocumentPath)
}

func TestAListenerOnEveryAddressPrintsOneThatWorks(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "serve", "--listen", ":0")
	assert.Assert(t, strings.HasPrefix(ready.URL, "http://127.0.0.1:"), ready.URL)
	status, _ := get(t, ready.KeyURL)
	assert.Equal(t, status, http.StatusOK)
	s.err.await(t, "--advertise")
}

// ask makes a request with a bearer token and returns the answer.
func ask(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	assert.NilError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	assert.NilError(t, err)
	return resp.StatusCode, string(answer)
}

const webhooksOfApp = "/accounts/acc/realtime/kit/app/webhooks"

func registration(url string) string {
	return `{"name":"n","url":"` + url + `","events":["meeting.started"]}`
}

func TestServeDeliversToWhoSubscribed(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	s, ready := startServer(t, "serve", "--key", key, "--token", "right", "--url-conflict", "--control-listen", "127.0.0.1:0", "--control-token", "secret")
	_, receiver := startServer(t, "receive", "--key", key)
	status, _ := ask(t, http.MethodPost, ready.APIURL+webhooksOfApp, "wrong", registration(receiver.URL))
	assert.Equal(t, status, http.StatusUnauthorized)
	status, text := ask(t, http.MethodPost, ready.APIURL+webhooksOfApp, "right", registration(receiver.URL))
	assert.Equal(t, status, http.StatusCreated, text)
	status, _ = ask(t, http.MethodPost, ready.APIURL+webhooksOfApp, "right", registration(receiver.URL))
	assert.Equal(t, status, http.StatusConflict)

	assert.Assert(t, !strings.HasPrefix(ready.ControlURL, ready.URL), "the control API stands apart")
	status, _ = get(t, ready.URL+"/_rtkmock/health")
	assert.Equal(t, status, http.StatusNotFound)
	status, _ = ask(t, http.MethodPost, ready.ControlURL+"/emit", "wrong", `{"event":"meeting.started"}`)
	assert.Equal(t, status, http.StatusUnauthorized)
	status, text = ask(t, http.MethodPost, ready.ControlURL+"/emit", "secret", `{"event":"meeting.started"}`)
	assert.Equal(t, status, http.StatusAccepted, text)
	noted := s.err.await(t, "meeting.started to "+receiver.URL+"  delivered with 200  (delivery 1)")
	assert.Assert(t, !strings.Contains(noted, "secret") && !strings.Contains(noted, "right"), noted)
	assert.Equal(t, s.stop(), exit.OK)
}

func TestServeSaysWhatItGivesUp(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "serve", "--retry-schedule", "1h")
	status, _ := ask(t, http.MethodPost, ready.APIURL+webhooksOfApp, "any", registration("http://127.0.0.1:1/"))
	assert.Equal(t, status, http.StatusCreated)
	status, _ = ask(t, http.MethodPost, ready.ControlURL+"/emit", "", `{"event":"meeting.started"}`)
	assert.Equal(t, status, http.StatusAccepted)
	assert.Equal(t, s.stop(), exit.OK)
	assert.Assert(t, is.Contains(s.err.String(), "given up: 1 delivery that was pending"))
}

func TestReceivePrintsEachDelivery(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	s, ready := startServer(t, "receive", "--key", key)
	call(t, "send", "meeting.started", ready.URL, "--key", key, "--seed", "1").exits(t, exit.OK)
	s.out.await(t, "verified  200 OK")
	call(t, "send", "meeting.ended", ready.URL).exits(t, exit.Nonconformant)
	text := s.out.await(t, "401 Unauthorized")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	assert.Equal(t, len(lines), 3, text)
	assert.Equal(t, lines[0], "receiver: "+ready.URL)
	assert.Assert(t, is.Contains(lines[1], "  meeting.started  "+rtk.NewIDs(1, "delivery").Next()+"  verified  200 OK"))
	assert.Assert(t, is.Contains(lines[2], "not verified (signature does not verify"))

	_, count := get(t, strings.Replace(ready.EffectsURL, "{uuid}", rtk.NewIDs(1, "delivery").Next(), 1))
	assert.Equal(t, count, "{\"count\":1}\n")
	assert.Equal(t, s.stop(), exit.OK)
}

func TestReceiveInJSONIsOneLineADelivery(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	file := filepath.Join(t.TempDir(), "ready.json")
	s := start(t, "receive", "--key", key, "--output", "json", "--ready-file", file, "--effects", "/count")
	s.err.await(t, "effects: ")
	var ready server.Ready
	data, err := os.ReadFile(file)
	assert.NilError(t, err)
	assert.NilError(t, json.Unmarshal(data, &ready))
	call(t, "send", "meeting.started", ready.URL, "--key", key, "--webhook-id", "hook").exits(t, exit.OK)
	var got struct {
		Event     rtk.EventType
		WebhookID string `json:"webhook_id"`
		Verified  bool
		Status    int
		Body      string
	}
	assert.NilError(t, json.Unmarshal([]byte(s.out.await(t, "\n")), &got))
	assert.Equal(t, got.Event, rtk.MeetingStarted)
	assert.Equal(t, got.WebhookID, "hook")
	assert.Assert(t, got.Verified)
	assert.Equal(t, got.Status, http.StatusOK)
	assert.Equal(t, got.Body, "")
	assert.Assert(t, strings.HasSuffix(ready.EffectsURL, "/count?uuid={uuid}"))
}

func TestReceiveVerifiesWithAServedKeyOrAPublicOne(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	private := testKeys()[0]
	publicPEM, err := rtk.PublicPEM(&private.PublicKey)
	assert.NilError(t, err)
	public := filepath.Join(t.TempDir(), "public.pem")
	assert.NilError(t, os.WriteFile(public, []byte(publicPEM), 0o600))
	_, keys := startServer(t, "serve", "--key", key)
	for _, args := range [][]string{{"--key-url", keys.KeyURL}, {"--key", public}} {
		_, ready := startServer(t, append([]string{"receive"}, args...)...)
		call(t, "send", "meeting.started", ready.URL, "--key", key).exits(t, exit.OK)
	}
}

func TestReceiveSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"receive --key a --key-url b", "receive: found both --key-url and --key, want one of them"},
		{"receive --key-url localhost:9010", `--key-url: found "localhost:9010", want one such as http://127.0.0.1:9010/.well-known/webhooks.json`},
		{"receive --key-url http://localhost/ --effects count", `--effects: found "count", want a path such as /effects`},
		{"receive --key-url http://localhost/ --flaw no-verfication", `--flaw: unknown flaw "no-verfication"; did you mean no-verification?`},
		{"receive --key-url http://localhost/ --flaw xyzzyxyzzy", `--flaw: unknown flaw "xyzzyxyzzy"; "rtkmock receive --flaw list" lists them`},
		{"receive --key-url http://localhost/ --flaw pinned-key", `--flaw: pinned-key holds its key from the start, want --key FILE`},
	} {
		call(t, strings.Fields(c.args)...).says(t, exit.Usage, c.want)
	}
}

// Without a key, it asks where the examples have one served, or where the run says that
// has started it, and prints how to judge it.
func TestReceiveFindsItsKey(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "receive", "--flaw", "reserialises")
	assert.Equal(t, ready.KeyURL, "http://127.0.0.1:9010/.well-known/webhooks.json")
	s.err.await(t, "judge it: rtkmock test "+ready.URL+" --listen 127.0.0.1:9010\n")
	s, ready = startServer(t, "receive", "--flaw", "header-token")
	s.err.await(t, "judge it: rtkmock test "+ready.URL+" --listen 127.0.0.1:9010 --header ")

	key := keyFile(t)
	_, keys := startServer(t, "serve", "--key", key)
	s = startIn(t, []string{urlVar + "=" + keys.KeyURL}, "receive", "--flaw", "reserialises")
	s.err.await(t, "flaw: ")
	assert.Assert(t, !strings.Contains(s.err.String(), "judge it"), "a run has started it")
	url := strings.TrimSpace(strings.TrimPrefix(s.out.await(t, "\n"), "receiver: "))
	call(t, "send", "meeting.started", url, "--key", key).exits(t, exit.OK)

	s, ready = startServer(t, "receive", "--key", key, "--flaw", "reserialises")
	s.err.await(t, "judge it: rtkmock test "+ready.URL+" --key '"+key+"'\n")
}

func TestFlawsAreListed(t *testing.T) {
	t.Parallel()
	text := call(t, "receive", "--flaw", "list")
	text.exits(t, exit.OK)
	lines := call(t, "receive", "--flaw", "list", "--output", "json")
	assert.Equal(t, strings.Count(lines.out, "\n"), len(receivers.All()))
	for _, flaw := range receivers.All() {
		assert.Assert(t, is.Contains(text.out, "\n"+flaw.Name+" "))
	}
}

func TestAFlawIsExplainedWithWhatItAsksFor(t *testing.T) {
	t.Parallel()
	s, _ := startServer(t, "receive", "--key-url", "http://127.0.0.1:1/", "--flaw", "no-verification")
	s.err.await(t, "rtkmock: flaw:     no-verification: ")
}

// A load of the live page is one line: the page reads all the time.
func TestServeLogsALoadOfThePageInOneLine(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "serve")
	for _, one := range []struct{ method, path, header string }{
		{"GET", "/", ""}, {"GET", "/page/app.js", ""}, {"GET", "/_rtkmock/words", "1"}, {"GET", "/_rtkmock/meetings?limit=20", "1"},
		{"POST", "/_rtkmock/meetings", "1"},                 // a click changes something
		{"GET", "/_rtkmock/deliveries/7", "1"},              // and a failure says something
		{"GET", "/_rtkmock/health", ""},                     // not the page's
		{"GET", "/" + strings.Repeat("x", 300) + "end", ""}, // the last one
	} {
		req, err := http.NewRequestWithContext(t.Context(), one.method, strings.TrimSuffix(ready.ControlURL, "/_rtkmock")+one.path, nil)
		assert.NilError(t, err)
		if one.header != "" {
			req.Header.Set(page.ReadHeader, one.header)
		}
		resp, err := http.DefaultClient.Do(req)
		assert.NilError(t, err)
		resp.Body.Close()
	}
	s.err.await(t, "GET /"+strings.Repeat("x", 199)+"…  404")
	var lines []string
	for line := range strings.Lines(s.err.String()) {
		if _, rest, ok := strings.Cut(line, "  "); ok && strings.Contains(line, "from 127.0.0.1") {
			method, _, _ := strings.Cut(rest, "  from")
			lines = append(lines, method)
		}
	}
	assert.DeepEqual(t, lines[:4], []string{
		"GET /  200 OK", "POST /_rtkmock/meetings  202 Accepted", "GET /_rtkmock/deliveries/7  404 Not Found", "GET /_rtkmock/health  200 OK",
	})
	assert.Equal(t, len(lines), 5)
}
