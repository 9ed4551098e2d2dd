package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Cause says that a violation has the cause of another check's violation.
type Cause struct {
	Check   ID     `json:"check"`
	Because string `json:"because"` // what both have in common: "bodies with `/`"
}

// account is what a check found: the violations that its verdict names.
type account struct {
	check    *Check
	findings []finding
}

// follow returns the causes of those checks whose violations have the cause of
// another check's. accounts are in the order of the catalogue, and sent is all that
// the run sent.
//
// Only what was sent and answered decides. A finding that says more than that has no
// known cause. Neither has one whose answers another flaw could explain as well. So
// each flaw that shows by itself keeps a check of its own. A check follows only if
// all its findings do. Gates never cause anything: what they found has another home.
//
// effects returns how many effects a delivery has had, and whether that is known.
func follow(accounts []account, sent []*exchange.Exchange, effects func(*exchange.Exchange) (int, bool)) map[ID][]Cause {
	seen := newEvidence(sent)
	seen.repeats = everyRepeatActs(sent, effects)
	accounts = slices.Clone(accounts)
	slices.SortStableFunc(accounts, func(a, b account) int { return isGate(a.check) - isGate(b.check) })
	homes := map[string]ID{}
	for _, a := range accounts {
		for _, s := range a.subjects() {
			for _, why := range seen.causes(s.x) {
				key := s.key(why)
				if _, taken := homes[key]; !taken && a.check.Level != Gate && !why.homeless {
					homes[key] = a.check.ID
				}
			}
		}
	}
	out := map[ID][]Cause{}
	for _, a := range accounts {
		if causes := seen.explain(a, homes, out); len(causes) > 0 {
			out[a.check.ID] = causes
		}
	}
	return out
}

func isGate(c *Check) int {
	if c.Level == Gate {
		return 1
	}
	return 0
}

// subject is an exchange whose answer is a finding.
type subject struct {
	x *exchange.Exchange
	// inFull says that the demand does not hold at all. It may hold in effect only:
	// that is less, and has no cause in common with what is more.
	inFull bool
}

func (s subject) key(w why) string { return fmt.Sprint(w.key, s.inFull) }

// subjects returns what the violations of a check are about.
func (a account) subjects() []subject {
	var out []subject
	for _, f := range a.findings {
		for _, x := range f.about {
			out = append(out, subject{x, f.status == a.check.Level.violation()})
		}
	}
	return out
}

// explain returns the causes of a check, or nothing if one of its findings has none
// in another check. earlier are the causes of the checks before it: what one of these
// follows from is the cause of this one, too.
func (e *evidence) explain(a account, homes map[string]ID, earlier map[ID][]Cause) []Cause {
	if slices.ContainsFunc(a.findings, func(f finding) bool { return len(f.about) == 0 }) {
		return nil
	}
	var out []Cause
	add := func(c Cause) {
		i := slices.IndexFunc(out, func(other Cause) bool { return other.Check == c.Check })
		if i < 0 {
			out = append(out, c)
			return
		}
		for text := range strings.SplitSeq(c.Because, "; ") {
			if !slices.Contains(strings.Split(out[i].Because, "; "), text) {
				out[i].Because += "; " + text
			}
		}
	}
	for _, s := range a.subjects() {
		found := false
		for _, w := range e.causes(s.x) {
			home, known := homes[s.key(w)]
			if !known || home == a.check.ID {
				continue
			}
			found = true
			further := earlier[home]
			for _, c := range further {
				add(c)
			}
			if len(further) == 0 {
				add(Cause{home, w.text})
			}
			break
		}
		if !found {
			return nil
		}
	}
	return out
}

// why is what explains the answer to a delivery.
type why struct {
	key      string // equal for what has one cause
	text     string
	homeless bool // an exchange that only hints at the cause: another check shows it
}

// evidence is what the answers of a whole run prove.
type evidence struct {
	field       string // that carries the signature
	genuineSize int    // of a genuine signature, in bytes
	forged      []*exchange.Exchange
	signed      []*exchange.Exchange // genuine, and changed in nothing
	rewrites    bool                 // the target verifies what it has serialised itself
	repeats     bool                 // each delivery that came again took effect again
}

func newEvidence(sent []*exchange.Exchange) *evidence {
	e := &evidence{}
	for _, x := range sent {
		switch {
		case x.Kind == exchange.Forgery && plainForgery(x):
			e.forged = append(e.forged, x)
		case !x.Kind.Forged() && x.Delivery.Genuine() && len(x.Attempts) > 0:
			e.signed = append(e.signed, x)
			for _, set := range rtk.HeadersBoth.Sets() {
				if e.field == "" && x.Attempts[0].Request.Field(set.Signature) != "" {
					e.field = set.Signature
					e.genuineSize = e.signatureSize(x)
				}
			}
		}
	}
	e.rewrites = slices.ContainsFunc(e.forged, func(x *exchange.Exchange) bool { return x.Accepted() && mutated(x, "body/reindent") }) &&
		slices.ContainsFunc(e.signed, func(x *exchange.Exchange) bool { return x.Answer.Rejected() && spaced(x.Delivery.Event.Body) })
	return e
}

// everyRepeatActs reports whether each delivery that was accepted more than once had an
// effect each time: then nothing looks for repeats. One repeat without an effect shows
// that something does.
func everyRepeatActs(sent []*exchange.Exchange, effects func(*exchange.Exchange) (int, bool)) bool {
	accepted := map[string]int{}
	for _, x := range sent {
		for _, a := range x.Attempts {
			if !x.Kind.Forged() && (a.Outcome.OK() || a.Target != nil && a.Target.OK()) {
				accepted[x.Delivery.UUID]++
			}
		}
	}
	some := false
	for _, x := range sent {
		if n, known := effects(x); known && !x.Kind.Forged() && accepted[x.Delivery.UUID] > 1 {
			if n < accepted[x.Delivery.UUID] {
				return false
			}
			some = true
		}
	}
	return some
}

// causes returns what explains the answer to x, the surest first.
func (e *evidence) causes(x *exchange.Exchange) []why {
	switch {
	case !x.Kind.Forged() && x.Accepted() && e.repeats:
		return []why{{key: "repeats", text: "every repeat takes effect again"}}
	case x.Kind.Forged() && x.Accepted():
		return append(e.ofForgery(x), why{key: fmt.Sprintf("this very forgery %p", x), text: "the same forgery was accepted"})
	case !x.Kind.Forged() && x.Delivery.Genuine() && x.Answer.Rejected():
		return e.ofRefusal(x)
	default:
		return nil
	}
}

// form is how much a signature looks like a genuine one, the least first.
type form int

const (
	unsigned form = iota // none, or an empty one
	malformed
	otherSize
	wellFormed
)

// String says what is let in if nothing of at least this form is kept out.
func (f form) String() string {
	return [...]string{
		"every forgery gets in, signed or not",
		"every forgery gets in that has a signature, whatever that is",
		"every forgery gets in whose signature is Base64",
		"every forgery gets in whose signature has the form of a genuine one",
	}[f]
}

// ofForgery explains an accepted forgery. If every forgery of its event type with a
// signature of some form or a better one was accepted, nothing tells these apart, and
// that is one flaw. One that was refused shows that something looks.
func (e *evidence) ofForgery(x *exchange.Exchange) []why {
	if e.rewrites && mutated(x, "body/reindent") {
		return []why{{"rewrites", "the body is parsed and written again before it is verified", true}}
	}
	kind := x.Delivery.Event.Type
	open := wellFormed + 1
	anySigner := false // a signature by another key, all of whose form is right, gets in
	for f := wellFormed; f >= unsigned; f-- {
		sent := slices.DeleteFunc(slices.Clone(e.forged), func(o *exchange.Exchange) bool {
			return o.Delivery.Event.Type != kind || e.form(o) != f
		})
		if len(sent) == 0 && e.refusesWhereOpen(f) {
			break // nothing of this form came with kind
		}
		if slices.ContainsFunc(sent, func(o *exchange.Exchange) bool { return !o.Accepted() }) {
			break
		}
		anySigner = anySigner || slices.ContainsFunc(sent, func(o *exchange.Exchange) bool { return mutated(o, "signature/other-key") })
		if len(sent) > 0 && (anySigner || f == unsigned) {
			open = f
		}
	}
	if e.form(x) < open {
		return nil
	}
	return []why{{fmt.Sprintf("open %s %d", kind, open), open.String(), !plainForgery(x)}}
}

// refusesWhereOpen reports that a forgery of form f was refused with an event type of
// which forgeries of the best form get in.
func (e *evidence) refusesWhereOpen(f form) bool {
	return slices.ContainsFunc(e.forged, func(o *exchange.Exchange) bool {
		return e.form(o) == f && o.Answer.Rejected() && slices.ContainsFunc(e.forged, func(best *exchange.Exchange) bool {
			return best.Delivery.Event.Type == o.Delivery.Event.Type && e.form(best) == wellFormed && best.Accepted()
		})
	})
}

// form returns the form of the signature that was sent.
func (e *evidence) form(x *exchange.Exchange) form {
	values := e.signatures(x)
	switch size := e.signatureSize(x); {
	case strings.Join(values, "") == "":
		return unsigned
	case len(values) > 1 || size == 0:
		return malformed
	case size != e.genuineSize:
		return otherSize
	default:
		return wellFormed
	}
}

// signatures returns the values of the signature's field as they were sent.
func (e *evidence) signatures(x *exchange.Exchange) []string {
	if len(x.Attempts) == 0 {
		return nil
	}
	for name, values := range x.Attempts[0].Request.Header {
		if strings.EqualFold(name, e.field) {
			return values
		}
	}
	return nil
}

// signatureSize is the length of the signature in bytes, 0 if that is no Base64.
func (e *evidence) signatureSize(x *exchange.Exchange) int {
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.Join(e.signatures(x), ""))
	if err != nil {
		return 0
	}
	return len(raw)
}

func mutated(x *exchange.Exchange, id string) bool {
	return len(x.Delivery.Mutations) == 1 && x.Delivery.Mutations[0].ID == id
}

// plainForgery reports an event that nothing but the signature gives away.
func plainForgery(x *exchange.Exchange) bool {
	for _, m := range x.Delivery.Mutations {
		if !strings.HasPrefix(m.ID, "signature/") && m.ID != "body/flip-byte" && m.ID != "body/other-event" && m.ID != "body/reindent" {
			return false
		}
	}
	return x.Answer == exchange.Accepted || x.Answer.Rejected()
}

// ofRefusal explains a genuine delivery that was refused: by what its bytes have that
// no accepted body has, if other events of its type are accepted; or else by its type,
// if no event of that is ever accepted.
func (e *evidence) ofRefusal(x *exchange.Exchange) []why {
	body, kind, answer := x.Delivery.Event.Body, x.Delivery.Event.Type, exchange.Same(x.Last().Outcome)
	var out []why
	for _, f := range features() {
		if !f.in(body) || e.accepted(func(b []byte, _ rtk.EventType) bool { return f.in(b) }) ||
			!e.accepted(func(b []byte, t rtk.EventType) bool { return t == kind && !f.in(b) }) {
			continue
		}
		if e.rewrites && (f.rewritten == nil || e.accepted(func(b []byte, _ rtk.EventType) bool { return f.rewritten(b) })) {
			out = append(out, why{key: "rewrites", text: f.text})
		}
		out = append(out, why{key: "bytes " + f.text + " " + answer, text: f.text})
	}
	if !e.accepted(func(_ []byte, t rtk.EventType) bool { return t == kind }) {
		out = append(out, why{key: "type " + string(kind) + " " + answer, text: string(kind) + " is never accepted"})
	}
	return out
}

// accepted reports whether a genuine delivery like this was accepted in the run.
func (e *evidence) accepted(like func(body []byte, kind rtk.EventType) bool) bool {
	return slices.ContainsFunc(e.signed, func(x *exchange.Exchange) bool {
		return x.Accepted() && like(x.Delivery.Event.Body, x.Delivery.Event.Type)
	})
}

// feature is something that the bytes of a body may have.
type feature struct {
	text string
	in   func(body []byte) bool
	// rewritten is what has the same value in other bytes. A target that serialises the
	// body writes one of the two and never the other. Nil: nothing is put in its place.
	rewritten func(body []byte) bool
}

func features() []feature {
	escapedSlash := func(b []byte) bool { return bytes.Contains(b, []byte(`\/`)) }
	slash := func(b []byte) bool { return bytes.Contains(bytes.ReplaceAll(b, []byte(`\/`), nil), []byte("/")) }
	letters := func(b []byte) bool { return bytes.ContainsFunc(b, func(r rune) bool { return r > 0x7f }) }
	return []feature{
		{"bodies with white space between members", spaced, nil},
		{"bodies with `/`", slash, escapedSlash},
		{"bodies with `\\/`", escapedSlash, slash},
		{"bodies with letters beyond ASCII", letters, escapedLetters},
		{"bodies with `\\u` escapes", escapedLetters, letters},
	}
}

// unicodeEscape is a \u escape, or any other: a backslash before a u may be escaped itself.
var unicodeEscape = regexp.MustCompile(`\\(?:u([0-9a-fA-F]{4})|.)`)

// escapedLetters reports a letter, or a mark on one, beyond ASCII in a \u escape.
// Serialisers write control characters and halves of surrogate pairs so, whatever they
// do with letters.
func escapedLetters(body []byte) bool {
	for _, found := range unicodeEscape.FindAllSubmatch(body, -1) {
		if code, err := strconv.ParseUint(string(found[1]), 16, 16); err == nil && code > unicode.MaxASCII && unicode.IsPrint(rune(code)) {
			return true
		}
	}
	return false
}

// spaced reports white space that says nothing in JSON, except at the end.
func spaced(body []byte) bool {
	body = bytes.TrimRight(body, " \t\r\n")
	var compact bytes.Buffer
	return json.Compact(&compact, body) == nil && compact.Len() != len(body)
}
