package conformance

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const (
	joining   = rtk.MeetingParticipantJoined
	recording = rtk.RecordingStatusUpdate
	plainBody = `{"event":"x"}`
)

// genuine is a genuine delivery and its answer.
func genuine(t rtk.EventType, body string, status int, answer string) *exchange.Exchange {
	return answered(exchange.Genuine, t, body, strings.Repeat("g", 256), status, answer)
}

// forged is a forgery with a signature of size letters; below 0, of what is no Base64.
func forged(t rtk.EventType, id string, size, status int) *exchange.Exchange {
	signature := strings.Repeat("f", max(size, 0))
	x := answered(exchange.Forgery, t, plainBody, signature, status, "")
	if size < 0 {
		x.Attempts[0].Request.Header["rtk-signature"] = []string{"!!!"}
	}
	x.Delivery.Mutations = []mutation.Mutation{{ID: id}}
	return x
}

func answered(k exchange.Kind, t rtk.EventType, body, signature string, status int, answer string) *exchange.Exchange {
	o := mocksender.Outcome{Status: status, Body: []byte(answer)}
	if status == 0 {
		o = mocksender.Outcome{Err: context.DeadlineExceeded, Class: mocksender.ClassTimeout}
	}
	r := mocksender.Receipt{Delivery: mocksender.Delivery{Event: rtk.Event{Type: t, Body: []byte(body)}}, Fate: mocksender.FateOf(o)}
	r.Attempts = []mocksender.Attempt{{N: 1, Outcome: o, Request: mocksender.Request{Header: map[string][]string{
		"rtk-signature": {base64.StdEncoding.EncodeToString([]byte(signature))},
	}}}}
	return &exchange.Exchange{Receipt: r, Kind: k, Answer: exchange.AnswerOf(r)}
}

// found is what a check found about the answers to xs.
func found(id ID, level Level, status Status, xs ...*exchange.Exchange) account {
	a := account{check: &Check{ID: id, Level: level}}
	for _, x := range xs {
		a.findings = append(a.findings, finding{status: status, about: []*exchange.Exchange{x}})
	}
	return a
}

func TestAViolationFollowsFromAnotherOnlyByWhatWasSentAndAnswered(t *testing.T) {
	missing := forged(joining, "signature/missing", 0, 200)
	otherKey := forged(joining, "signature/other-key", 256, 200)
	garbage := forged(joining, "signature/garbage-base64", -1, 200)
	half := forged(joining, "signature/truncated", 128, 200)
	ok := genuine(joining, plainBody, 200, "")
	slashes := genuine(joining, `{"event":"a/b"}`, 401, "bad signature")
	links := genuine(recording, `{"event":"http://h"}`, 401, "bad signature")
	escaped := genuine(recording, `{"event":"http:\/\/h"}`, 200, "")
	reindented := forged(joining, "body/reindent", 256, 200)
	indented := genuine(joining, "{ \"event\": 1}", 401, "bad signature")
	accented := genuine(joining, `{"event":"é"}`, 401, "bad signature")

	for _, c := range []struct {
		reason   string
		accounts []account
		also     []*exchange.Exchange // sent besides
		want     map[ID]string
	}{
		{
			"nothing looks at signatures, so one flaw it is",
			[]account{found("ctl/k", Gate, Fail, otherKey), found("sig/a", Must, Fail, missing), found("sig/b", Must, Fail, otherKey, garbage), found("sig/c", Should, Warn, half)},
			[]*exchange.Exchange{ok},
			map[ID]string{
				"ctl/k": "sig/a: every forgery gets in, signed or not", "sig/b": "sig/a: every forgery gets in, signed or not",
				"sig/c": "sig/a: every forgery gets in, signed or not",
			},
		},
		{
			"garbage is refused, so something looks: what is missing is another flaw than what is ignored",
			[]account{found("sig/a", Must, Fail, missing), found("sig/b", Must, Fail, otherKey), found("sig/c", Must, Fail, half)},
			[]*exchange.Exchange{ok, forged(joining, "signature/garbage-base64", -1, 401)},
			map[ID]string{"sig/c": "sig/b: every forgery gets in whose signature is Base64"},
		},
		{
			"another key is refused, so each of the others has a cause of its own",
			[]account{found("sig/a", Must, Fail, missing), found("sig/c", Must, Fail, half)},
			[]*exchange.Exchange{ok, forged(joining, "signature/other-key", 256, 401)},
			map[ID]string{},
		},
		{
			"the forgery that was accepted is the one that took effect",
			[]account{found("sig/a", Must, Fail, missing), found("sig/effect", Must, Fail, missing)},
			[]*exchange.Exchange{ok, forged(joining, "signature/other-key", 256, 401)},
			map[ID]string{"sig/effect": "sig/a: the same forgery was accepted"},
		},
		{
			"a forgery that was refused took effect as well",
			[]account{found("sig/a", Must, Fail, missing), found("sig/effect", Must, Fail, missing, forged(joining, "signature/other-key", 256, 401))},
			[]*exchange.Exchange{ok},
			map[ID]string{},
		},
		{
			"what holds for one event type says nothing about another",
			[]account{found("sig/a", Must, Fail, forged(recording, "signature/missing", 0, 200)), found("sig/b", Must, Fail, otherKey)},
			[]*exchange.Exchange{ok, forged(joining, "signature/missing", 0, 401)},
			map[ID]string{},
		},
		{
			"what took effect does not follow from what had none",
			[]account{found("sig/a", Must, Warn, missing), found("sig/b", Must, Fail, otherKey)},
			[]*exchange.Exchange{ok},
			map[ID]string{},
		},
		{
			"a finding about more than an answer follows from nothing",
			[]account{found("sig/a", Must, Fail, missing), {&Check{ID: "sig/b", Level: Must}, []finding{{status: Fail, about: []*exchange.Exchange{otherKey}}, {status: Fail}}}},
			[]*exchange.Exchange{ok},
			map[ID]string{},
		},
		{
			"a gate is no home",
			[]account{found("ctl/k", Gate, Fail, otherKey), found("sig/b", Must, Fail, half)},
			[]*exchange.Exchange{ok, otherKey},
			map[ID]string{"ctl/k": "sig/b: every forgery gets in whose signature is Base64"},
		},
		{
			"events with a slash are refused, and without one accepted",
			[]account{found("sig/raw", Must, Fail, slashes), found("evt/r", Must, Fail, links), found("evt/l", Must, Fail, links, slashes)},
			[]*exchange.Exchange{ok, escaped},
			map[ID]string{"evt/r": "sig/raw: bodies with `/`", "evt/l": "sig/raw: bodies with `/`"},
		},
		{
			"no event of the type is accepted without a slash either, so the type may be refused",
			[]account{found("sig/raw", Must, Fail, slashes), found("evt/r", Must, Fail, links), found("evt/l", Must, Fail, links)},
			[]*exchange.Exchange{ok},
			map[ID]string{"evt/l": "evt/r: recording.statusUpdate is never accepted"},
		},
		{
			"another answer is another flaw",
			[]account{found("sig/raw", Must, Fail, slashes), found("evt/r", Must, Fail, genuine(recording, `{"event":"http://h"}`, 404, "no such meeting"))},
			[]*exchange.Exchange{ok, escaped},
			map[ID]string{},
		},
		{
			"a body with a slash is accepted somewhere, so slashes are not the cause",
			[]account{found("sig/raw", Must, Fail, slashes), found("evt/r", Must, Fail, links)},
			[]*exchange.Exchange{ok, escaped, genuine(joining, `{"event":"c/d"}`, 200, "")},
			map[ID]string{},
		},
		{
			"ids and times in an answer make no other answer",
			[]account{
				found("evt/r", Must, Fail, genuine(recording, plainBody, 400, "request 4b7a6f0e-8f63-4d4e-9a39-0f4f3c5b3b11")),
				found("evt/l", Must, Fail, genuine(recording, plainBody, 400, "request 00000000-8f63-4d4e-9a39-0f4f3c5b3b11")),
			},
			[]*exchange.Exchange{ok},
			map[ID]string{"evt/l": "evt/r: recording.statusUpdate is never accepted"},
		},
		{
			"it verifies what it writes itself, which is escapes in place of letters",
			[]account{found("sig/reindent", Must, Fail, reindented), found("sig/raw", Must, Fail, indented), found("sig/utf8", Must, Fail, accented)},
			[]*exchange.Exchange{ok, genuine(joining, `{"event":"\u00e9"}`, 200, ""), forged(joining, "signature/other-key", 256, 401)},
			map[ID]string{
				"sig/reindent": "sig/raw: the body is parsed and written again before it is verified",
				"sig/utf8":     "sig/raw: bodies with letters beyond ASCII",
			},
		},
		{
			"it verifies what it writes itself, which is letters in place of escapes, but for what nobody writes in another way",
			[]account{found("sig/raw", Must, Fail, indented), found("sig/utf8", Must, Fail, genuine(joining, `{"event":"e\u0301"}`, 401, "bad signature"))},
			[]*exchange.Exchange{
				ok, reindented, genuine(joining, `{"event":"é"}`, 200, ""),
				genuine(joining, `{"event":"a\u0000b"}`, 200, ""), genuine(joining, `{"event":"a\ud800b"}`, 200, ""), genuine(joining, `{"event":"\\u00e9"}`, 200, ""),
			},
			map[ID]string{"sig/utf8": "sig/raw: bodies with `\\u` escapes"},
		},
		{
			"it writes neither letters nor escapes as they came, so letters are lost elsewhere, too",
			[]account{found("sig/raw", Must, Fail, indented), found("sig/utf8", Must, Fail, accented)},
			[]*exchange.Exchange{ok, reindented, genuine(joining, `{"event":"\u00e9"}`, 401, "bad signature")},
			map[ID]string{},
		},
		{
			"spacing and letters are two flaws unless it is proved that the body is written again",
			[]account{found("sig/raw", Must, Fail, indented), found("sig/utf8", Must, Fail, accented)},
			[]*exchange.Exchange{ok, genuine(joining, `{"event":"\u00e9"}`, 200, "")},
			map[ID]string{},
		},
		{
			"what a follower causes is shown under what that follows from",
			[]account{
				found("sig/raw", Must, Fail, slashes), found("sig/utf8", Must, Fail, accented),
				found("evt/l", Must, Fail, links, accented),
			},
			[]*exchange.Exchange{ok, escaped},
			map[ID]string{"evt/l": "sig/raw: bodies with `/`, sig/utf8: bodies with letters beyond ASCII"},
		},
		{
			"a silence is no refusal",
			[]account{found("evt/r", Must, Fail, genuine(recording, plainBody, 0, "")), found("evt/l", Must, Fail, genuine(recording, plainBody, 0, ""))},
			nil,
			map[ID]string{},
		},
	} {
		t.Run(c.reason, func(t *testing.T) {
			sent := c.also
			for _, a := range c.accounts {
				for _, f := range a.findings {
					sent = append(sent, f.about...)
				}
			}
			got := map[ID]string{}
			for id, causes := range follow(c.accounts, sent, func(*exchange.Exchange) (int, bool) { return 0, false }) {
				var texts []string
				for _, cause := range causes {
					texts = append(texts, string(cause.Check)+": "+cause.Because)
				}
				got[id] = strings.Join(texts, ", ")
			}
			assert.Assert(t, cmp.Equal(got, c.want), cmp.Diff(c.want, got))
		})
	}
}

func TestRepeatsThatActAgainHaveOneCauseOnlyIfAllDo(t *testing.T) {
	twice := func(uuid string) []*exchange.Exchange {
		a, b := genuine(joining, plainBody, 200, ""), genuine(joining, plainBody, 200, "")
		a.Delivery.UUID, b.Delivery.UUID = uuid, uuid
		return []*exchange.Exchange{a, b}
	}
	first, later, other := twice("1"), twice("2"), twice("3")
	accounts := []account{found("dlv/a", Should, Warn, first[1]), found("dlv/b", Should, Warn, later[1])}
	for _, c := range []struct {
		reason  string
		effects map[string]int
		want    int
	}{
		{"each repeat acts again, so nothing looks for them", map[string]int{"1": 2, "2": 2, "3": 2}, 1},
		{"one was recognised, so these are two flaws", map[string]int{"1": 2, "2": 2, "3": 1}, 0},
		{"what is not known proves nothing", map[string]int{"1": 2, "2": 2}, 1},
		{"nothing is known", nil, 0},
	} {
		sent := slices.Concat(first, later, other)
		causes := follow(accounts, sent, func(x *exchange.Exchange) (int, bool) {
			n, known := c.effects[x.Delivery.UUID]
			return n, known
		})
		assert.Equal(t, len(causes), c.want, c.reason)
	}
}
