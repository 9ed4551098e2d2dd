package redact_test

import (
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/redact"
)

func TestURLShowsNoSecret(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"http://127.0.0.1:8080/webhook", "http://127.0.0.1:8080/webhook", "nothing secret"},
		{"https://user:pass@host/p", "https://(redacted)@host/p", "userinfo"},
		{"https://token@host", "https://(redacted)@host", "a name alone may be a token"},
		{"http://h/p?b=2&a=1&a=3", "http://h/p?b=(redacted)&a=(redacted)&a=(redacted)", "query values, in their order"},
		{"http://h/p?tok", "http://h/p?(redacted)", "a bare token"},
		{"http://h/p?a=&=v", "http://h/p?a=&=(redacted)", "empty values hide nothing"},
		{"http://h/p#s3cret", "http://h/p#(redacted)", "a fragment"},
		{"http://h/p?a=1#s3cret", "http://h/p?a=(redacted)#(redacted)", "a fragment after a query"},
		{"http://h/a@b?x=y@z", "http://h/a@b?x=(redacted)", "an at sign in the path is no userinfo"},
		{"http://a@b:c@h/", "http://(redacted)@h/", "the last at sign ends userinfo"},
		{"/p?x=1", "/p?x=(redacted)", "a relative Location"},
		{"", "", "nothing"},
	} {
		assert.Equal(t, redact.URL(c.in), c.want, c.reason)
		assert.Equal(t, redact.URL(c.want), c.want, "it can be redacted twice")
		assert.Equal(t, redact.Typed(c.in), c.want, c.reason)
	}
}

func TestCredentialsWithoutASchemeAreFound(t *testing.T) {
	const in, want = "me:pw@localhost:3000", "(redacted)@localhost:3000"
	assert.Equal(t, redact.URL(in), want)
	assert.Equal(t, redact.Typed(in), want)
}

func TestWhatIsNotAURLIsShownOnlyToThePersonWhoTypedIt(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"127.0.0.1:3000/hook?t=1", "127.0.0.1:3000/hook?t=(redacted)", "the scheme is missing"},
		{"http://u:p/ss@host/hook", "http://(redacted)@host/hook", "a slash in the password"},
		{"http://u:p?ss@host/hook?t=1", "http://(redacted)@host/hook?t=(redacted)", "a question mark in the password"},
		{"http://u:p#ss@host/hook", "http://(redacted)@host/hook", "a hash in the password"},
	} {
		assert.Equal(t, redact.Typed(c.in), c.want, c.reason)
		assert.Equal(t, redact.URL(c.in), redact.NotURL, c.reason)
	}
}

func redactor(prose bool, rawURL string, h http.Header, fields ...string) *redact.Redactor {
	s := redact.Secrets{Fields: fields, Prose: prose}
	s.AddURL(rawURL)
	s.AddHeader(h)
	return s.Redactor()
}

func TestEchoesOfSecretsAreFound(t *testing.T) {
	const rawURL = "http://bob:p%40ss-word@h/?key=a%2Fb-9-c&env=production&v=1&session"
	header := http.Header{
		"Authorization": {"Basic YWxpY2U6b3BlbnNlc2FtZQ=="}, "Cookie": {"sid=abcdef"},
		"X-Gateway": {"letmein-42"}, "X-Stage": {"production"}, "Host": {"host-1.example"},
	}
	for _, c := range []struct{ in, want, reason string }{
		{"you sent Basic YWxpY2U6b3BlbnNlc2FtZQ==", "you sent (redacted)", "the whole value, before its parts"},
		{"YWxpY2U6b3BlbnNlc2FtZQ==", "(redacted)", "what comes after the scheme"},
		{"password opensesame", "password (redacted)", "the password within Basic"},
		{"p@ss-word and p%40ss-word", "(redacted) and (redacted)", "a password as meant and as written"},
		{"Ym9iOnBAc3Mtd29yZA==", "(redacted)", "the Authorization that userinfo becomes"},
		{"a/b-9-c a%2Fb-9-c", "(redacted) (redacted)", "a query value as meant and as written"},
		{"gateway letmein-42", "gateway (redacted)", "a header that the user added"},
		{"mail me@x.example", "mail me@x.example", "an address is no userinfo"},
		{"bob", "bob", "a short word"},
	} {
		for _, prose := range []bool{true, false} {
			d := redactor(prose, rawURL, header, "X-Gateway", "x-stage", "Host")
			assert.Equal(t, d.Text(c.in), c.want, c.reason)
			assert.Equal(t, string(d.Body([]byte(c.in))), c.want, c.reason)
		}
	}
	prose := redactor(true, rawURL, header, "X-Gateway", "x-stage", "Host")
	echo := redactor(false, rawURL, header, "X-Gateway", "x-stage", "Host")
	for _, c := range []struct{ in, inProse, inEcho, reason string }{
		{"in production 1 session", "in production 1 session", "in (redacted) 1 (redacted)", "plain words are left in sentences"},
		{"at host-1.example", "at host-1.example", "at (redacted)", "the host is said elsewhere"},
		{"see https://u:p@x/ and ftp://t@y", "see https://(redacted)@x/ and ftp://(redacted)@y", "see https://(redacted)@x/ and ftp://(redacted)@y", "userinfo of any URL"},
	} {
		assert.Equal(t, prose.Text(c.in), c.inProse, c.reason)
		assert.Equal(t, echo.Text(c.in), c.inEcho, c.reason)
	}
}

func TestSecretFieldsAreHiddenHoweverSpelt(t *testing.T) {
	d := redact.Redactor{Fields: []string{"X-Gateway"}}
	for _, name := range []string{
		"Authorization", "PROXY-authorization", "cookie", "Set-Cookie", "x-api-key", "x-gateway", "X-GATEWAY",
	} {
		assert.Equal(t, d.Field(name, "v"), redact.Mark, name)
	}
	assert.Equal(t, d.Field("rtk-signature", "v"), "v")
	assert.Equal(t, d.Field("Location", "/login?state=1"), "/login?state=(redacted)")
}

func TestHeaderIsNotTouched(t *testing.T) {
	d := redactor(false, "http://h/?t=abcdef", nil, "x-a")
	h := http.Header{"X-A": {"1", "2"}, "X-Echo": {"an abcdef"}, "X-Gone": nil, "X-B": {"1"}}
	assert.DeepEqual(t, d.Header(h), http.Header{"X-A": {redact.Mark, redact.Mark}, "X-Echo": {"an (redacted)"}, "X-B": {"1"}})
	assert.DeepEqual(t, redact.Values(h, []string{"x-B"}), http.Header{"X-A": {"1", "2"}, "X-Echo": {"an abcdef"}, "X-Gone": nil, "X-B": {redact.Mark}})
	assert.DeepEqual(t, h, http.Header{"X-A": {"1", "2"}, "X-Echo": {"an abcdef"}, "X-Gone": nil, "X-B": {"1"}})
}

func TestHeadKeepsItsForm(t *testing.T) {
	d := redactor(false, "http://h/?token=abcdef", nil)
	got := d.Head([]byte("POST /p?token=abcdef HTTP/1.1\r\nHost: h:1\r\nAuthorization: Bearer x\r\nX-Odd:  two \r\nX-Echo: abcdef\r\nX-Empty:\r\n\r\n"))
	assert.Equal(t, string(got), "POST /p?token=(redacted) HTTP/1.1\r\nHost: h:1\r\nAuthorization: (redacted)\r\nX-Odd:  two \r\nX-Echo: (redacted)\r\nX-Empty:\r\n\r\n")
	assert.Equal(t, string(d.Head(nil)), "")
}

func TestBeginningEndsBeforeAPartOfASecret(t *testing.T) {
	d := redactor(false, "http://h/?t=abcdefgh", nil)
	const limit = 64
	for at := limit - 7; at <= limit+1; at++ {
		out, part := d.Beginning([]byte(strings.Repeat("x", at)+"abcdefgh"), limit)
		assert.Assert(t, part)
		assert.Assert(t, !strings.Contains(string(out), "abc"), "a part of the secret at %d: %s", at, out)
	}
	out, part := d.Beginning([]byte("short abcdefgh"), limit)
	assert.Equal(t, string(out), "short "+redact.Mark)
	assert.Assert(t, !part)
}
