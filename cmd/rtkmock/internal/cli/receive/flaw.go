package receive

import (
	"net/url"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// listFlaws in the place of a flaw prints the names of all.
const listFlaws = "list"

// listFlaws prints what --flaw takes.
func (o *options) listFlaws() error {
	type entry struct {
		Name   string `json:"name"`
		Doc    string `json:"doc"`
		Benign bool   `json:"benign"`
	}
	rows := [][]string{{"NAME", "WHAT IT DOES"}}
	for _, flaw := range receivers.All() {
		if o.Form == terminal.FormJSON {
			if err := o.JSONLine(entry{flaw.Name, flaw.Doc, flaw.Kind == receivers.KindTwin}); err != nil {
				return err
			}
			continue
		}
		doc := flaw.Doc
		if flaw.Kind == receivers.KindTwin {
			doc = "(no flaw) " + doc
		}
		rows = append(rows, []string{flaw.Name, doc})
	}
	if o.Form == terminal.FormText {
		o.Table(rows)
	}
	return nil
}

// findFlaw returns the flaw of --flaw, or the zero Flaw for none.
func (o *options) findFlaw() (receivers.Spec, error) {
	if o.flaw == "" {
		return receivers.Spec{}, nil
	}
	flaw, err := wording.Find("flaw", o.flaw, receivers.All(), func(f receivers.Spec) string { return f.Name }, `; "rtkmock receive --flaw list" lists them`)
	if err != nil {
		return flaw, o.BadFlag("flaw", "%w", err)
	}
	return flaw, nil
}

// explain says on standard error what the receiver does differently, and how to judge
// it at url: with the flags that a run needs because of that.
func (o *options) explain(flaw receivers.Spec, url string) {
	if flaw.Name != "" {
		o.Notef("flaw:     %s: %s", flaw.Name, flaw.Doc)
	}
	needs := flagsFor(flaw)
	switch key, known := o.keyFlags(); {
	case known && (flaw.Name != "" || o.key == ""):
		o.Notef("judge it: rtkmock test %s", strings.Join(slices.Concat([]string{url}, key, needs), " "))
	case len(needs) > 0:
		o.Notef("it asks for %s", strings.Join(needs, " "))
	}
}

// keyFlags returns the flags of a run whose key the receiver verifies with. They are
// not known if a run has started it: then it is that run's.
func (o *options) keyFlags() (words []string, known bool) {
	if o.key != "" {
		return []string{"--key", terminal.ShellQuote(o.key)}, o.signs
	}
	u, err := url.Parse(o.config.KeyURL)
	_, set := o.Origins["key-url"]
	if set || err != nil || u.Port() == "" || !target.IsLoopback(u.Hostname()) {
		return nil, false
	}
	return []string{"--listen", u.Host}, true
}

// flagsFor returns the flags that a run needs at a flawed receiver.
func flagsFor(flaw receivers.Spec) []string {
	var needs []string
	for name, values := range flaw.Setup.Header {
		for _, v := range values {
			needs = append(needs, "--header "+terminal.ShellQuote(name+": "+v))
		}
	}
	for _, need := range []struct{ flag, value string }{
		{"--meeting-id", flaw.Setup.MeetingID},
		{"--webhook-id", flaw.Setup.WebhookID},
		{"--header-names", string(flaw.Setup.HeaderNames)},
		{"--events", strings.Join(wording.Words(flaw.Setup.Events), ",")},
	} {
		if need.value != "" {
			needs = append(needs, need.flag+" "+need.value)
		}
	}
	return needs
}
