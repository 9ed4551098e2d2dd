package refusal

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

func refused(status int, text string) Seen {
	return Seen{Answer: exchange.Refused, Status: status, Words: "answered", Text: text, Sample: "it", Header: http.Header{}}
}

// saw is a table of answers: genuine, unsigned, signed by another key, tampered.
func saw(first, unsigned, otherKey, tampered Seen, change func(*Observations)) *Observations {
	o := &Observations{
		URL: "http://localhost:3000/webhook", KeyURL: "http://localhost:1/key", Event: "meeting.started",
		Body: []byte(`{"event":"meeting.started","meeting":{"id":"x","title":"t","organizedBy":{"id":"y"}}}`),
		Seen: map[Name]Seen{First: first, Again: first, Unsigned: unsigned, OtherKey: otherKey, Tampered: tampered},
	}
	if change != nil {
		change(o)
	}
	return o
}

func TestACauseIsNamedOnlyIfItIsToldFromTheOthers(t *testing.T) {
	no := refused(401, "")
	failing := Seen{Answer: exchange.Failing, Status: 500, Words: "answered 500"}
	fetched := func(o *Observations) { o.Fetches = 3 }
	accepted := func(n Name) func(*Observations) {
		return func(o *Observations) {
			o.Fetches, o.Seen[n] = 3, Seen{Answer: exchange.Accepted, Status: 200, Sample: "a sample"}
		}
	}
	for _, c := range []struct {
		reason string
		o      *Observations
		want   []string // all of these are in the cause
	}{
		{"all alike, never fetched: two candidates", saw(no, no, no, no, nil), []string{"Nothing seems to look at the signature yet", "Or it verifies with another key, one that is pinned"}},
		{"all alike, fetched: two candidates", saw(no, no, no, no, fetched), []string{"the Base64 of rtk-signature is not decoded", "or what is verified is not the raw bytes"}},
		{"the answer speaks of the signature", saw(refused(401, "Invalid signature"), no, no, no, func(o *Observations) {
			for _, n := range []Name{Again, Unsigned, OtherKey, Tampered} {
				o.Seen[n] = o.Seen[First]
			}
		}), []string{"It verifies with another key"}},
		{"unsigned is answered in another way", saw(no, refused(400, ""), no, no, nil), []string{"It verifies with another key"}},
		{"it has no key, and says so", saw(Seen{Answer: exchange.Failing, Status: 503, Words: "answered 503", Header: http.Header{}}, no,
			Seen{Answer: exchange.Failing, Status: 503, Header: http.Header{}}, Seen{Answer: exchange.Failing, Status: 503, Header: http.Header{}}, nil), []string{"its key URL is not set"}},
		{"and the receiver was running before", saw(no, refused(400, ""), no, no, func(o *Observations) { o.Running = true }), []string{"fetched in an earlier run"}},
		{"forged is answered in another way", saw(refused(400, "unknown meeting"), no, no, no, nil), []string{"The signature is accepted, and the payload is refused (400): the answer names meeting.id"}},
		{"another key alone is no proof", saw(refused(400, ""), refused(400, ""), no, refused(400, ""), fetched), []string{"or what is verified"}},
		{"a mood of the target is no proof", saw(refused(400, ""), no, no, no, func(o *Observations) { o.Seen[Again] = no }), []string{"It answers the same delivery in two ways"}},
		{"ids and times make no difference", saw(refused(403, "request 7f3a at 12:00:01"), refused(403, "request 99bc at 12:00:02"), refused(403, "request 1 at 12:00:03"),
			refused(403, "request 2 at 12:00:04"), func(o *Observations) { o.Seen[Again] = refused(403, "request 5 at 12:00:05") }), []string{"Nothing seems to look at the signature yet"}},
		{"ids have letters, too", saw(refused(403, "internal error; reference = 0per2v5jq"), refused(403, "internal error; reference = ec8p9rgi"), refused(403, "internal error; reference = k3"),
			refused(403, "internal error; reference = zz9"), func(o *Observations) { o.Seen[Again] = refused(403, "internal error; reference = q1w2") }), []string{"Nothing seems to look at the signature yet"}},
		{"proof counts for more than likeness", saw(no, no, no, no, accepted(KindKey+"pem")), []string{"taken for a PEM"}},
		{"bytes count for more than events", saw(no, no, no, no, func(o *Observations) {
			accepted(KindType + "meeting.ended")(o)
			accepted(KindBytes + "php")(o)
		}), []string{"It does not verify the raw bytes"}},
		{"the outage on purpose is a candidate", saw(no, no, no, no, func(o *Observations) { o.Fetches, o.Outage = 2, true }), []string{"on purpose", "Or it would refuse this delivery anyway"}},
		{"a process that ended", saw(no, no, no, no, func(o *Observations) {
			o.Exited, o.Printed = "the command ended by itself (exit status 1)", "Error: x (a.js:1)"
		}),
			[]string{"the command ended by itself (exit status 1) at the first delivery: Error: x (a.js:1)"}},
		{"a parser that only the process names", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string or an instance of Buffer (a.js:1)`
		}), []string{"a body parser of the framework comes first"}},
		{"a key that was never fetched", saw(no, no, no, no, func(o *Observations) {
			o.Printed = `AttributeError("'NoneType' object has no attribute 'verify'")`
		}), []string{"It has no key when it verifies, and has not asked for one"}},
		{"a body that is not where it is looked for", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received undefined (a.js:1)`
		}), []string{"What it verifies is undefined"}},
		{"nor where a parser comes first", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received undefined (a.js:1)`
			o.Seen[Malformed] = refused(400, "no JSON")
		}), []string{"a body parser of the framework comes first"}},
		{"an object is what a parser made", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Fetches = 3
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received an instance of Object (a.js:1)`
		}), []string{"a body parser of the framework comes first"}},
		{"a first argument that is undefined may be the signature", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Fetches = 3
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received undefined (a.js:1)`
		}), []string{"It fails in the verification (500)"}},
		{"a key that is read at the wrong place", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Fetches = 3
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The "key" argument must be of type string or an instance of Buffer, KeyObject, or CryptoKey. Received undefined (a.js:9)`
		}), []string{"The key is undefined where the signature is verified"}},
		{"a signature that is missing is no parser", saw(failing, failing, failing, failing, func(o *Observations) {
			o.Fetches = 3
			o.Printed = `TypeError [ERR_INVALID_ARG_TYPE]: The "signature" argument must be of type string or an instance of Buffer. Received undefined (a.js:9)`
		}), []string{"It fails in the verification (500)"}},
		{"an error of the start does not explain a 401", saw(no, no, no, no, func(o *Observations) { o.Printed = "redis: EOF" }), []string{"Nothing seems to look at the signature yet"}},
		{"a redirect to a login", saw(Seen{Answer: exchange.Refused, Status: 302, Header: http.Header{"Location": {"/login"}}}, no, no, no, nil), []string{"It redirects to http://localhost:3000/login"}},
		{"what the answers have in common is not certain without all probes", saw(no, no, no, no, func(o *Observations) { o.Hurried = true }), []string{"Nothing seems to look at the signature yet", "This is not certain"}},
		{"nothing listens", saw(Seen{Answer: exchange.Cut, Class: mocksender.ClassRefused}, Seen{}, Seen{}, Seen{}, nil), []string{"Nothing listens there"}},
		{"cut while signed alone", saw(Seen{Answer: exchange.Cut, Class: mocksender.ClassReset}, no, no, no, nil), []string{"it crashes in, or after, the verification"}},
		{"TLS", saw(refused(400, "Client sent an HTTP request to an HTTPS server."), Seen{}, Seen{}, Seen{}, nil), []string{"The port speaks TLS"}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			d := Decide(c.o)
			for _, want := range c.want {
				assert.Check(t, strings.Contains(d.Cause, want), "%s", d.Cause)
			}
			assert.Check(t, len(d.Cure) > 0 && len(d.Seen) > 0)
		})
	}
}

func TestTheMemberThatAnAnswerNamesIsFound(t *testing.T) {
	body := []byte(`{"event":"meeting.started","meeting":{"id":"x","title":"t","status":"LIVE","createdAt":"c","organizedBy":{"id":"y","name":"n"}}}`)
	for answer, want := range map[string]string{
		`meeting.title is required`:       "meeting.title",
		`"title" must be a string`:        "meeting.title",
		`body['meeting']['title'] is bad`: "meeting.title",
		`createdAt: Expected date`:        "meeting.createdAt",
		`meeting.organizedBy.id`:          "meeting.organizedBy.id",
		`unknown meetingId`:               "meeting.id",
		`Meeting not found`:               "meeting.id",
		`Cannot POST /webhook`:            "",
		`status 400`:                      "",
		`the event was refused`:           "",
		`title`:                           "",
		``:                                "",
	} {
		assert.Check(t, namedMember(body, answer) == want, "%q: %q", answer, namedMember(body, answer))
	}
	assert.Equal(t, namedMember([]byte(`no JSON`), "meeting.id"), "")
}

// An answer that names the refused event has the word meeting in it, and does not mean
// the meeting.
func TestTheNameOfAnEventIsNoMember(t *testing.T) {
	o := saw(refused(400, ""), refused(401, ""), refused(401, ""), refused(401, ""), func(o *Observations) {
		o.Seen[KindType+"meeting.ended"] = Seen{Answer: exchange.Accepted, Status: 200, Sample: "meeting.ended"}
	})
	for text, want := range map[string]string{
		"unsupported event meeting.started":                      "It takes only some of the events: meeting.started is refused, and meeting.ended accepted",
		"no handler for MEETING_STARTED":                         "It takes only some of the events",
		"this is no meeting event that we know":                  "It takes only some of the events",
		"meeting.started: Meeting not found":                     "the answer names meeting.id",
		"meeting.started refused: meeting.title must be another": "the answer names meeting.title",
	} {
		o.Seen[First] = refused(400, text)
		o.Seen[Again] = o.Seen[First]
		assert.Check(t, strings.Contains(Decide(o).Cause, want), "%q: %s", text, Decide(o).Cause)
	}
	delete(o.Seen, KindType+"meeting.ended")
	o.Seen[First] = refused(400, "unsupported event meeting.started")
	o.Seen[Again] = o.Seen[First]
	d := Decide(o)
	assert.Check(t, strings.Contains(d.Cause, "the answer names event") && strings.Contains(d.Cure[0], "--events"), "%s %q", d.Cause, d.Cure)
}

func TestAnAnswerIsReadAsPeopleReadIt(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":{"code":"E1","message":"no token"}}`:                                 "no token; E1",
		`{"statusCode":400,"message":["meeting.id is bad","x"],"error":"Bad Request"}`: "meeting.id is bad, x; Bad Request",
		`{"detail":[{"loc":["body","meeting"],"msg":"field required"}]}`:               "body.meeting: field required",
		`{"errors":{"meeting.id":["is required"]}}`:                                    `{"meeting.id":["is required"]}`,
		`{"ok":false}`: `{"ok":false}`,
		"<!doctype html><html><head><title>Oops</title><script>x()</script></head><body>Not <b>found</b></body></html>": "Oops: Not found",
		"plain\n text": "plain text",
		"\x1b[2J":      `\x1b[2J`,
	} {
		assert.Equal(t, textOf(mocksender.Outcome{Body: []byte(body)}), want)
	}
	long := textOf(mocksender.Outcome{Body: []byte(strings.Repeat("é", 1000))})
	assert.Equal(t, len([]rune(long)), maxQuoted)
}

// What is wanted here was printed by Python.
func TestBodyIsWrittenAsPythonPrintsADict(t *testing.T) {
	body := `{"a":"it's","b":null,"c":[true,1.5,false],"d":"é\"'","e":{"null":"true, null"},"f":"a\\b\nc"}`
	assert.Equal(t, string(pythonRepr([]byte(body))), `{'a': "it's", 'b': None, 'c': [True, 1.5, False], 'd': 'é"\'', 'e': {'null': 'true, null'}, 'f': 'a\\b\nc'}`)
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"error":{"message":["a",{"b":1}]}}`))
	f.Add([]byte("<html><title>a<p>b</html"))
	f.Add([]byte("\xff\xfe"))
	f.Fuzz(func(t *testing.T, body []byte) {
		text := textOf(mocksender.Outcome{Body: body})
		if len([]rune(text)) > maxQuoted || strings.ContainsAny(text, "\n\x1b") {
			t.Fatalf("%q", text)
		}
		namedMember(body, text)
	})
}

// What a receiver does whose hard-coded URL leads nowhere.
func TestTheHintAboutNamesStandsWhereTheKeyMayHaveBeenAskedForElsewhere(t *testing.T) {
	no, failing := refused(401, ""), Seen{Answer: exchange.Failing, Status: 503, Words: "answered 503", Header: http.Header{}}
	silent := Seen{Answer: exchange.Silent, Words: "no answer"}
	fetched := func(o *Observations) { o.Fetches = 1 }
	for _, c := range []struct {
		reason string
		o      *Observations
		want   bool
	}{
		{"it verifies with another key", saw(no, refused(400, ""), no, no, nil), true},
		{"all alike", saw(no, no, no, no, nil), true},
		{"it fetches first, and fails", saw(failing, failing, failing, failing, nil), true},
		{"it fails where it verifies", saw(failing, no, failing, failing, nil), true},
		{"it waits for the key where it verifies", saw(silent, no, silent, silent, nil), true},
		{"it waits for the key at first", saw(silent, silent, silent, silent, nil), true},
		{"it has asked here", saw(silent, no, silent, silent, fetched), false},
		{"it fails with the key", saw(failing, failing, failing, failing, fetched), false},
		{"nothing is served there", saw(refused(404, ""), refused(404, ""), refused(404, ""), refused(404, ""), nil), false},
		{"the payload is refused", saw(refused(400, "unknown meeting"), no, no, no, nil), false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			c.o.NamesHint = "the hint"
			d := Decide(c.o)
			assert.Equal(t, slices.Contains(d.Cure, "the hint"), c.want, "%s", d.Cause)
		})
	}
}

func TestAClientThatDoesNotTrustTheCertificateIsNamed(t *testing.T) {
	no := refused(401, "Invalid signature")
	o := saw(no, no, no, no, func(o *Observations) { o.Distrusts, o.NamesHint = true, "the hint" })
	d := Decide(o)
	assert.Assert(t, strings.Contains(d.Cause, "does not trust the certificate"), d.Cause)
	assert.Equal(t, d.Cure[0], "the hint")
	o.Fetches = 1
	assert.Assert(t, !strings.Contains(Decide(o).Cause, "certificate"), "it has a key")
}
