package conformance

import (
	"bufio"
	_ "embed" // for the guide
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// Sentence is one normative sentence of Cloudflare's RealtimeKit webhooks
// guide. The numbers are this project's, given once and never changed.
type Sentence struct {
	No     string  // "S1" … "S23"
	Quote  string  // verbatim, shortened with "…"
	Binds  string  // receiver, sender or both
	Proofs []Proof // empty where it does not bind the sender
}

// Proof is a test of this project that holds its own sender to a sentence of
// the guide.
type Proof struct {
	Package string // below the module's path: "mocksender/rtk"
	Test    string // the function's name
}

// BindsReceiver and BindsSender report whom a sentence is about.
func (s Sentence) BindsReceiver() bool { return s.Binds != "sender" }
func (s Sentence) BindsSender() bool   { return s.Binds != "receiver" }

// Guide returns the normative sentences of the guide in the order of their
// numbers. The caller owns the slice.
func Guide() []Sentence { return slices.Clone(guide()) }

// SentenceOf returns the sentence with number no.
func SentenceOf(no string) (Sentence, bool) {
	i := slices.IndexFunc(guide(), func(s Sentence) bool { return s.No == no })
	if i < 0 {
		return Sentence{}, false
	}
	return guide()[i], true
}

// guideText has the fields of each sentence in the form of a header. A test
// parses the sources for each of the tests that it names.
//
//go:embed guide.txt
var guideText string

// guide reads the text once. Nobody changes what it returns.
var guide = sync.OnceValue(func() []Sentence {
	var all []Sentence
	for in := textproto.NewReader(bufio.NewReader(strings.NewReader(guideText))); ; {
		fields, _ := in.ReadMIMEHeader() // it ends the last one with io.EOF
		if len(fields) == 0 {
			return all
		}
		s := Sentence{No: fields.Get("No"), Quote: fields.Get("Quote"), Binds: fields.Get("Binds")}
		for _, test := range strings.Fields(fields.Get("Tests")) {
			pkg, name, _ := strings.Cut(test, ".")
			s.Proofs = append(s.Proofs, Proof{pkg, name})
		}
		all = append(all, s)
	}
})

// Trace is what a sentence of the guide is covered by.
type Trace struct {
	Sentence
	Checks []*Check // those that rest on it
}

// Traces follows every sentence of the guide to the checks among those given,
// and to the tests of the sender.
func Traces(checks []*Check) []Trace {
	var out []Trace
	for _, s := range guide() {
		t := Trace{Sentence: s}
		for _, c := range checks {
			if slices.Contains(c.From, s.No) {
				t.Checks = append(t.Checks, c)
			}
		}
		out = append(out, t)
	}
	return out
}

// Gaps says what a sentence is not covered by; it is empty where all is well.
func (t Trace) Gaps() []string {
	var out []string
	if t.BindsReceiver() && len(t.Checks) == 0 {
		out = append(out, "no check")
	}
	if t.BindsSender() && len(t.Proofs) == 0 {
		out = append(out, "no test of the sender")
	}
	return out
}
