package report

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
)

func TestRedactURL(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"http://127.0.0.1:8080/webhook", "http://127.0.0.1:8080/webhook", "nothing secret"},
		{"https://user:pass@host/p", "https://(redacted)@host/p", "userinfo"},
		{"https://token@host", "https://(redacted)@host", "a name alone may be a token"},
		{"http://h/p?b=2&a=1&a=3", "http://h/p?b=(redacted)&a=(redacted)&a=(redacted)", "query values, in their order"},
		{"http://h/p?tok", "http://h/p?(redacted)", "a bare token"},
		{"http://h/p?a=&=v", "http://h/p?a=&=(redacted)", "empty values hide nothing"},
		{"http://h/p#s3cret", "http://h/p", "a fragment is not sent"},
		{"http://h/a@b?x=y@z", "http://h/a@b?x=(redacted)", "an at sign in the path is no userinfo"},
		{"http://a@b:c@h/", "http://(redacted)@h/", "the last at sign ends userinfo"},
		{"/p?x=1", "/p?x=(redacted)", "a relative Location"},
		{"", "", "nothing"},
		{"http://a b\x00/", "(not a URL)", "what cannot be read is not shown"},
	} {
		assert.Equal(t, redactURL(c.in), c.want, c.reason)
	}
}

func redactorFor(rawURL string, h http.Header, secretHeaders ...string) *redactor {
	return newRedactor("", secretHeaders, []mocksender.Receipt{{
		URL: rawURL, Attempts: []mocksender.Attempt{{Request: mocksender.Request{URL: rawURL, Header: h}}},
	}})
}

func TestRedactorFindsEchoesOfSecrets(t *testing.T) {
	d := redactorFor(
		"http://bob:p%40ss-word@h/?key=a%2Fb-9-c&env=production&v=1&session",
		http.Header{
			"Authorization": {"Basic YWxpY2U6b3BlbnNlc2FtZQ=="}, "Cookie": {"sid=abcdef"},
			"X-Gateway": {"letmein-42"}, "X-Stage": {"production"}, "Host": {"host-1.example"},
		}, "X-Gateway", "x-stage", "Host")
	for _, c := range []struct{ in, want, reason string }{
		{"you sent Basic YWxpY2U6b3BlbnNlc2FtZQ==", "you sent (redacted)", "the whole value, before its parts"},
		{"YWxpY2U6b3BlbnNlc2FtZQ==", "(redacted)", "what comes after the scheme"},
		{"password opensesame", "password (redacted)", "the password within Basic"},
		{"p@ss-word and p%40ss-word", "(redacted) and (redacted)", "a password as meant and as written"},
		{"Ym9iOnBAc3Mtd29yZA==", "(redacted)", "the Authorization that userinfo becomes"},
		{"a/b-9-c a%2Fb-9-c", "(redacted) (redacted)", "a query value as meant and as written"},
		{"gateway letmein-42", "gateway (redacted)", "a header that the user added"},
		{"in production 1 session", "in production 1 session", "plain words are no secrets where they are echoed"},
		{"at host-1.example", "at host-1.example", "the host is said elsewhere"},
		{"see https://u:p@x/ and ftp://t@y", "see https://(redacted)@x/ and ftp://(redacted)@y", "userinfo of any URL"},
		{"mail me@x.example", "mail me@x.example", "an address is no userinfo"},
	} {
		assert.Equal(t, d.text(c.in), c.want, c.reason)
		if c.reason != "userinfo of any URL" {
			assert.Equal(t, string(d.body([]byte(c.in))), c.want, c.reason)
		}
	}
}

func TestRedactorHidesSecretFieldsHoweverSpelt(t *testing.T) {
	d := redactorFor("http://h/", nil, "X-Gateway")
	for _, name := range []string{
		"Authorization", "PROXY-authorization", "cookie", "Set-Cookie", "x-api-key", "x-gateway", "X-GATEWAY",
	} {
		assert.Equal(t, d.field(name, "v"), redacted, name)
	}
	assert.Equal(t, d.field("rtk-signature", "v"), "v")
	assert.Equal(t, d.field("Location", "/login?state=1"), "/login?state=(redacted)")
}
