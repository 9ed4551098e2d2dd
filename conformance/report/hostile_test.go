package report_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// colours are the escape sequences that are our own.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// assertHarmless fails on anything that could steer a terminal or hide text.
func assertHarmless(t testing.TB, text string) {
	t.Helper()
	assert.Assert(t, utf8.ValidString(text), "not UTF-8")
	for i, r := range text {
		if r != '\n' && !printable.Visible(r) {
			t.Fatalf("%U at %d: %q", r, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
}

func secretsOfFixture() []string {
	return []string{secretPassword, secretQuery, secretBearer, secretGateway, secretCookie}
}

func TestNoFormatShowsASecret(t *testing.T) {
	r := fixture()
	r.Verdicts[1].Reason += "; it redirected to http://alice:pw@elsewhere/"
	r.Stopped = "the target answered " + secretQuery
	r.Complete, r.Strict = false, true
	r.Instruments[0].Detail += " " + secretGateway
	for _, f := range formats.All() {
		for _, verbose := range []bool{false, true} {
			out := write(t, f.Name, r, plaintext.Options{Verbose: verbose})
			for _, secret := range secretsOfFixture() {
				assert.Assert(t, !strings.Contains(out, secret), "%s shows %q", f.Name, secret)
			}
			assert.Assert(t, !strings.Contains(out, "alice:pw"), "%s shows userinfo", f.Name)
			if f.Name != "badge" { // it holds nothing that could be a secret
				assert.Assert(t, strings.Contains(out, redact.Mark), "%s does not say that it redacted", f.Name)
			}
		}
	}
}

func TestNoFormatLetsATargetSteerATerminal(t *testing.T) {
	for _, f := range formats.All() {
		for _, o := range []plaintext.Options{{}, {Verbose: true}, {Color: true}, {Width: 1}} {
			out := write(t, f.Name, fixture(), o)
			if f.Name == "text" && o.Color {
				out = colours.ReplaceAllString(out, "")
			}
			if f.Name == "junit" {
				out = strings.ReplaceAll(out, "\t", "") // its own indentation
			}
			assertHarmless(t, out)
		}
	}
}
