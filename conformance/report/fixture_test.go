package report_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Secrets of the fixture. No format may show one of them.
const (
	secretPassword = "hunter2-hunter2"
	secretQuery    = "qs-5ecre7"
	secretBearer   = "tok_9f8e7d6c5b4a"
	secretGateway  = "gw-4711-secret"
	secretCookie   = "session=c00k1e"
)

const (
	fixtureURL = "http://alice:" + secretPassword + "@127.0.0.1:8080/webhook?token=" + secretQuery + "&empty="
	joinedBody = `{"event":"meeting.participantJoined","meeting":{"id":"bbb8940e-1b97-402a-97d6-2708b7feca41","title":"Zoë's sync"},"participant":{"userDisplayName":"माया 日本 👩🏽‍🚀"}}`
)

// hostile is what a target may answer to make a report say something else: an
// escape sequence that clears the screen, a line that looks like ours, a turn
// of the direction of writing, markup of all kinds, and secrets it was sent.
const hostile = "\x1b[2J\x1b[1;32mPASS all is well\x1b[0m \u202egnorw si gnihton\u202c \u009b31m " +
	"]]><failure/> </details><script>alert(1)</script> | `code` ``` **bold** [link](javascript:1) @octocat #1 &amp; \xff\x00 " +
	"token " + secretBearer + "\r\nsecond line"

var fixtureStart = time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)

// fixture is a run that violates checks in every way there is.
func fixture() *conformance.Report {
	return &conformance.Report{
		Outcome:  conformance.Nonconformant,
		Complete: true,
		Headline: "not conformant, 2 failures, 1 inconclusive, 2 warnings, 2 MUST not judged",
		Seed:     18446744073709551615,
		Start:    fixtureStart,
		Began:    fixtureStart.Add(time.Hour),
		Took:     ledger.Millis(1234567 * time.Microsecond),
		Waited:   ledger.Millis(350 * time.Millisecond),
		Target: conformance.TargetInfo{
			URL:       "http://(redacted)@127.0.0.1:8080/webhook?empty=(redacted)&token=(redacted)",
			KeyURL:    "http://127.0.0.1:9010/.well-known/webhooks.json",
			Events:    rtk.EventTypes(),
			WebhookID: "0d5be8a5-3a9c-4d3c-8f5a-5bd5ac1d4a0d",
		},
		Assumptions: []conformance.Assumption{
			{Name: "time-out of one attempt", Value: "3s", Flag: "--timeout"},
			{Name: "retries of a 5xx or a network error", Value: "3, after 100ms, 300ms, 600ms"},
		},
		Instruments: []conformance.Instrument{
			{Name: "effects", Detail: "off: no effects URL was given; --effects-url lets the run count what the target did"},
			{Name: "canaries", On: true, Detail: "2 of 31 download links were followed"},
			{Name: "keys", On: true, Detail: "the target fetched the key once"},
		},
		Calls: []conformance.APICall{
			{Operation: "meetings.getMeetingByID", Method: "GET", Path: "/meetings/{meeting}", Status: 200, Count: 12},
			{Operation: "meetings.getMeetingByID", Method: "GET", Path: "/meetings/{meeting}", Status: 404, Count: 1},
			{Operation: "recordings.pauseResumeStopRecording", Method: "PUT", Path: "/recordings/{recording}", Count: 2},
			{Method: "GET" + hostile, Path: "/client/v4/…/" + hostile, Status: 404, Count: 1},
		},
		Verdicts:      fixtureVerdicts(),
		Ledger:        fixtureLedger(),
		SecretHeaders: []string{"X-Gateway"},
	}
}

// fixtureLedger is an account with something in every place.
func fixtureLedger() ledger.Report {
	at := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	ledger := ledger.New(ledger.Options{Worst: 2, Timeline: 2})
	add := func(n int, event rtk.EventType, fate mocksender.Fate, statuses ...int) {
		for i := range n {
			r := mocksender.Receipt{Fate: fate, Delivery: mocksender.Delivery{
				UUID: fmt.Sprintf("%s-%s-%d", event, fate, i), Event: rtk.Event{Type: event},
			}}
			for k, status := range statuses {
				r.Attempts = append(r.Attempts, mocksender.Attempt{
					N: k + 1, At: at.Add(time.Duration(k) * time.Second), Reached: true,
					Outcome: mocksender.Outcome{Status: status, Took: 3 * time.Millisecond},
				})
			}
			ledger.Add(r)
		}
	}
	add(5, rtk.MeetingStarted, mocksender.Delivered, 200)
	add(29, rtk.MeetingParticipantJoined, mocksender.Delivered, 200)
	add(1, rtk.MeetingParticipantJoined, mocksender.Delivered, 503, 200)
	add(3, rtk.MeetingTranscript, mocksender.Delivered, 200)
	add(1, rtk.MeetingTranscript, mocksender.Failed, 404)
	add(1, rtk.MeetingTranscript, mocksender.Failed, 302)
	add(1, "meeting.somethingNew", mocksender.Exhausted, 500, 500)
	return ledger.Snapshot()
}

// verdict returns v as the verdict on c.
func verdict(c *conformance.Check, v conformance.Verdict) conformance.Verdict {
	out := c.Verdict(v.Status, v.Reason)
	out.NotApplicable, out.Took, out.Receipts = v.NotApplicable, v.Took, v.Receipts
	return out
}

func fixtureVerdicts() []conformance.Verdict {
	sig := func(slug, title string) *conformance.Check {
		return &conformance.Check{
			ID: conformance.ID("sig/" + slug), Title: title, Level: conformance.Must, Basis: conformance.Documented,
			From: []string{"S9"},
			Doc:  "A well-formed signature of somebody else is what an attacker can make most easily. If it gets in, the signature is not verified at all, or its result is ignored.",
			Fix:  "Verify with the key of the key document, and act on the result: in Node, crypto.verify returns false rather than throwing.",
		}
	}
	other := func(id conformance.ID, l conformance.Level, title string) *conformance.Check {
		return &conformance.Check{
			ID: id, Title: title, Level: l, Basis: conformance.Inferred, From: []string{"S13", "S14"},
			Doc: "A 5xx asks for a retry.", Fix: "Answer 4xx.",
		}
	}
	return []conformance.Verdict{
		verdict(other("ctl/valid-accepted", conformance.Gate, "a genuine delivery is accepted"), conformance.Verdict{Status: conformance.Pass, Took: ledger.Millis(3 * time.Millisecond)}),
		verdict(sig("other-key", "a delivery signed by another key is rejected"), conformance.Verdict{
			Status:   conformance.Fail,
			Reason:   "a signature by another key was answered 200 and took effect: its download link was followed",
			Receipts: []mocksender.Receipt{forgery(), accepted("4b7a6f0e-8f63-4d4e-9a39-0f4f3c5b3b11")}, Took: ledger.Millis(21 * time.Millisecond),
		}),
		verdict(sig("tampered-byte", "a body changed after signing is rejected"), conformance.Verdict{Status: conformance.Pass}),
		verdict(sig("raw-bytes", "a validly signed body is accepted however it is spaced"), conformance.Verdict{
			Status:   conformance.Fail,
			Reason:   "CRLF was answered 500",
			Receipts: []mocksender.Receipt{spaced()},
		}),
		verdict(sig("truncated", "half a signature is rejected"), conformance.Verdict{
			Status:   conformance.Inconclusive,
			Reason:   "half a signature had no answer within 3s, which is no rejection",
			Receipts: []mocksender.Receipt{silent()},
		}),
		verdict(sig("effect-before-verify", "a forgery has no effect"), conformance.Verdict{
			Status: conformance.Skip,
			Reason: "no effects URL: add --effects-url to let the run see what the target did",
		}),
		verdict(other("sig/rejects-with-4xx", conformance.Should, "every rejection is a 4xx"), conformance.Verdict{
			Status:   conformance.Warn,
			Reason:   "half a signature was answered 500; garbage was answered 500",
			Receipts: []mocksender.Receipt{poison(), accepted("1"), accepted("2"), accepted("2"), accepted("3"), accepted("4"), accepted("5")},
		}),
		verdict(&conformance.Check{ID: "sig/no-leak", Title: "a rejection shows nothing of the inside", Level: conformance.May, Basis: conformance.Practice}, conformance.Verdict{
			Status: conformance.Note, Reason: "a rejection showed a stack trace: " + hostile,
		}),
		verdict(other("sig/pss", conformance.Should, "a PSS signature is rejected"), conformance.Verdict{
			Status: conformance.Warn,
			Reason: "a genuine signature in the PSS scheme was answered 200",
		}),
		verdict(sig("evt", "an event is accepted"), conformance.Verdict{Status: conformance.Pass, Reason: "one was accepted late, on attempt 2"}),
		verdict(other("evt/accept-meeting.summary", conformance.Must, "meeting.summary is accepted"), conformance.Verdict{Status: conformance.Skip, NotApplicable: true, Reason: "the target is not subscribed to meeting.summary"}),
		verdict(other("evt/enums", conformance.Must, "every documented reason and status is accepted"), conformance.Verdict{Status: conformance.Pass}),
		verdict(other("key/one", conformance.Should, "one"), conformance.Verdict{Status: conformance.Skip, Reason: "no --restart-cmd was given, so there is no process that holds no key"}),
		verdict(other("key/two", conformance.Should, "two"), conformance.Verdict{Status: conformance.Skip, Reason: "no --restart-cmd was given, so there is no process that holds no key"}),
		verdict(other("rsp/no-redirect", conformance.Must, "no genuine delivery is answered with a redirect"), conformance.Verdict{Status: conformance.Pass}),
		verdict(other("rsp/burst", conformance.Should, "a burst loses nothing"), conformance.Verdict{Status: conformance.Pass}),
	}
}

func request(body string, header http.Header) mocksender.Request {
	h := http.Header{
		"Content-Type":   {"application/json"},
		"User-Agent":     {mocksender.DefaultUserAgent},
		"rtk-signature":  {"MEUCIQDl+/=="},
		"rtk-uuid":       {"c0ffee00-8f63-4d4e-9a39-0f4f3c5b3b11"},
		"rtk-webhook-id": {"0d5be8a5-3a9c-4d3c-8f5a-5bd5ac1d4a0d"},
		"Authorization":  {"Bearer " + secretBearer},
		"x-gateway":      {secretGateway},
	}
	for name, values := range header {
		h[name] = values
	}
	return mocksender.Request{Method: http.MethodPost, URL: fixtureURL, Header: h, Body: []byte(body)}
}

func receipt(body string, q mocksender.Request, mutations []mutation.Mutation, outcomes ...mocksender.Outcome) mocksender.Receipt {
	r := mocksender.Receipt{
		URL: q.URL,
		Delivery: mocksender.Delivery{
			UUID: q.Header["rtk-uuid"][0], WebhookID: q.Header["rtk-webhook-id"][0],
			Event: rtk.Event{Type: rtk.MeetingParticipantJoined, Body: []byte(body)}, Mutations: mutations,
		},
		Fate: mocksender.Exhausted,
	}
	for i, o := range outcomes {
		r.Attempts = append(r.Attempts, mocksender.Attempt{
			N: i + 1, At: fixtureStart.Add(time.Hour + time.Duration(i)*time.Second), Request: q, Outcome: o,
		})
		switch {
		case o.OK():
			r.Fate = mocksender.Delivered
		case o.Status > 0 && o.Status < 500:
			r.Fate = mocksender.Failed
		}
	}
	return r
}

func forgery() mocksender.Receipt {
	return receipt(joinedBody, request(joinedBody, nil),
		[]mutation.Mutation{{ID: "signature/other-key", Doc: "The signature is made by a key that the target does not know."}},
		mocksender.Outcome{
			Status: 200, Took: 3127 * time.Microsecond, Body: []byte(hostile),
			Header: http.Header{"Content-Type": {"text/html\x85; charset=\"\x1b]0;owned\a\""}, "Set-Cookie": {secretCookie}},
		})
}

func accepted(uuid string) mocksender.Receipt {
	return receipt(joinedBody, request(joinedBody, http.Header{"rtk-uuid": {uuid}}), nil,
		mocksender.Outcome{Status: 503, Took: time.Millisecond},
		mocksender.Outcome{Status: 204, Took: 12 * time.Millisecond})
}

// spaced is signed genuinely, but its bytes are no argument of a command.
func spaced() mocksender.Receipt {
	body := "{\r\n\t\"event\": \"meeting.participantJoined\", \"share\": \"100%\",\r\n\t\"name\": \"\\u00e9\"\r\n}\r\n"
	q := request(body, http.Header{"Content-Type": nil})
	q.Framing = mutation.Framing{Pieces: 7, Pause: 100 * time.Millisecond}
	return receipt(body, q,
		[]mutation.Mutation{{ID: "body/crlf", Doc: "The lines of the body end in CRLF."}},
		mocksender.Outcome{Status: 500, Took: 2 * time.Millisecond, Body: []byte("  \n<!doctype html>\n" + strings.Repeat("x", 3000)), Truncated: true})
}

func silent() mocksender.Receipt {
	return receipt(joinedBody, request(joinedBody, http.Header{"rtk-signature": {""}}),
		[]mutation.Mutation{{ID: "signature/truncated", Doc: "Half of the signature is left out."}},
		mocksender.Outcome{
			Took: 3 * time.Second, Class: mocksender.ClassTimeout,
			Err: &mocksender.NetError{Class: mocksender.ClassTimeout, Msg: "127.0.0.1:8080 did not answer within 3s", Err: errors.New("i/o timeout")},
		})
}

func silentOnly() []mocksender.Receipt { return []mocksender.Receipt{silent()} }

func poison() mocksender.Receipt {
	body := "-%\\'\x00\xff\x1b[2J"
	return receipt(body, request(body, nil),
		[]mutation.Mutation{{ID: "body/poison"}},
		mocksender.Outcome{
			Status: 302, Took: 700 * time.Microsecond,
			Header: http.Header{"Location": {"https://alice:" + secretPassword + "@login.example/?next=" + secretQuery}},
		})
}
