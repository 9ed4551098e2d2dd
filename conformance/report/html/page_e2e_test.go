//go:build e2e

package html

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

// TestE2EBrowserNotices proves that the other tests would see a script of the
// target run, or a request leave: here both happen.
func TestE2EBrowserNotices(t *testing.T) {
	b := newBrowser(t)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	// Without what would lead away from the page before it can be asked.
	evil := strings.NewReplacer("https://pwned.example", server.URL, "http-equiv=refresh", "").Replace(wickedness())
	b.open("<!doctype html><title>x</title><body>"+evil, "")
	assert.Equal(t, say[int](b, "window.pwned"), 1)
	requests, trouble := b.noticed()
	assert.Assert(t, slices.ContainsFunc(requests, func(u string) bool { return strings.HasPrefix(u, server.URL) }), "%q", requests)
	assert.Assert(t, asked.Load() > 0)
	assert.Assert(t, len(trouble) > 0, "the broken picture is not on the console")
}

func TestE2EPageRunsAndFetchesNothingOfATarget(t *testing.T) {
	b := newBrowser(t)
	b.media("", "light")
	page := pageOf(t, hostile())
	address := b.open(page, "")
	b.keys("o") // everything is laid out, too
	b.until("[...document.querySelectorAll('.check, details.fold')].every((c) => c.open)")
	assert.Equal(t, say[string](b, "typeof window.pwned"), "undefined")
	assert.Equal(t, say[int](b, "document.querySelectorAll('img, iframe, form, link, base, object, embed').length"), 0)
	assert.Equal(t, say[int](b, "document.scripts.length"), 1)
	assert.Equal(t, say[int](b, "document.querySelectorAll('details.check').length"), 40)
	assert.Assert(t, say[bool](b, fmt.Sprintf("document.body.innerText.includes(%q)", branded)), "what the target sent is not shown")
	assert.Assert(t, say[bool](b, "[...document.querySelectorAll('*')].every((e) => [...e.attributes].every((a) => !a.name.startsWith('on') && a.name !== 'style'))"))
	requests, trouble := b.noticed()
	assert.DeepEqual(t, requests, []string{address})
	assert.DeepEqual(t, trouble, []string{})
	b.picture("hostile")
	say[int](b, "document.querySelector('.timeline').scrollIntoView(), 1")
	b.picture("timeline")
}

// opened is an expression for the ids of the checks that are open.
const opened = "[...document.querySelectorAll('.check[open]')].map((c) => c.id).join(' ')"

// openFirst are the ids of those that are open from the start.
const openFirst = "sig/other-key sig/raw-bytes sig/truncated"

// focused is an expression for the id of the check that has the focus.
const focused = "(document.activeElement.closest('.check')?.id ?? '')"

func TestE2EPageIsReadByKeys(t *testing.T) {
	b := newBrowser(t)
	b.open(pageOf(t, fixture(t)), "")
	for _, c := range []struct{ keys, want, reason string }{
		{"j", "sig/other-key", "the first"},
		{"j", "sig/raw-bytes", "the next"},
		{"k", "sig/other-key", "and back"},
		{"k", "sig/other-key", "there is none before"},
		{"jjjj", "sig/pss", "beyond the section"},
		{"n", "sig/effect-before-verify", "the next that is not a pass"},
		{"p", "sig/pss", "and back"},
		{"jjjjj", "sig/effect-before-verify", "not into what is folded"},
		{"p", "sig/pss", "and back"},
	} {
		for _, key := range c.keys {
			b.keys(string(key))
		}
		assert.Equal(t, say[string](b, focused), c.want, c.reason)
	}
	b.keys("Enter")
	assert.Equal(t, say[string](b, opened), openFirst+" sig/pss", "enter opens")
	b.keys("Enter")
	assert.Equal(t, say[string](b, opened), openFirst, "and closes")

	b.keys("/")
	assert.Equal(t, say[string](b, "document.activeElement.id"), "search")
	for _, key := range "crlf 500" {
		b.keys(string(key))
	}
	assert.Equal(t, say[string](b, "document.getElementById('shown').textContent"), "1 of 16 shown")
	b.keys("Enter")
	assert.Equal(t, say[string](b, focused), "sig/raw-bytes", "enter goes to what was found")
	b.keys("Escape")
	assert.Equal(t, say[int](b, "document.querySelectorAll('.check[hidden]').length"), 0, "escape shows all")

	b.keys("?")
	assert.Assert(t, say[bool](b, "document.getElementById('help').open"))
	b.keys("j", "Escape")
	assert.Assert(t, !say[bool](b, "document.getElementById('help').open"))
	assert.Equal(t, say[string](b, focused), "sig/raw-bytes", "keys meant nothing else meanwhile")
}

func TestE2EPageFilters(t *testing.T) {
	b := newBrowser(t)
	b.open(pageOf(t, fixture(t)), "")
	shown := "[...document.querySelectorAll('.check:not([hidden])')].map((c) => c.dataset.status).join(' ')"
	for _, c := range []struct{ click, want, reason string }{
		{".chip[data-status=fail]", "fail fail", "one status"},
		{".chip[data-status=warn]", "fail fail warn warn", "two"},
		{".chip[data-status=fail]", "warn warn", "and the other"},
	} {
		b.do(chromedp.Click(chromedp.CSS(c.click)))
		assert.Equal(t, say[string](b, shown), c.want, c.reason)
	}
	assert.Equal(t, say[string](b, "[...document.querySelectorAll('.worst:not([hidden]), .rest:not([hidden])')].map((g) => g.id).join(' ')"), "warnings")
	b.do(chromedp.Click(chromedp.CSS(".chip[data-status=warn]")), chromedp.Click(chromedp.CSS(".chip[data-status=pass]")))
	assert.Assert(t, say[bool](b, "document.querySelector('#passed .check').checkVisibility()"), "what was asked for is unfolded")
	b.do(chromedp.Click(chromedp.CSS(".chip[data-status=pass]")))
	b.do(chromedp.SendKeys(chromedp.CSS("#search"), "no such thing"))
	assert.Equal(t, say[string](b, shown), "")
	b.do(chromedp.Click("#reset"))
	assert.Equal(t, say[int](b, "document.querySelectorAll('.check:not([hidden])').length"), 16)
}

func TestE2ELinkToACheckOpensIt(t *testing.T) {
	b := newBrowser(t)
	b.media("", "light")
	b.open(pageOf(t, nested(t)), "sig/tampered-byte")
	b.until(focused + " === 'sig/tampered-byte'") // it is unfolded
	assert.Assert(t, say[bool](b, "document.getElementById('sig/tampered-byte').open && document.activeElement.checkVisibility()"))
	say[int](b, "document.querySelectorAll('details').forEach((d) => d.open = false), 1")
	say[int](b, "location.hash = '#evt/enums', 1")
	b.until(focused + " === 'evt/enums' && document.activeElement.checkVisibility()") // it follows from sig/raw-bytes
	b.do(chromedp.Click(chromedp.CSS(`#evt\/enums a[href="#sig/raw-bytes"]`)))
	b.until(focused + " === 'sig/raw-bytes'")
}

func TestE2ECommandLineIsCopied(t *testing.T) {
	b := newBrowser(t)
	b.media("", "light") // without motion: what moves is missed by a click
	b.open(pageOf(t, fixture(t)), "sig/other-key")
	b.do(chromedp.Click("#sig\\/other-key .copy"))
	b.until("['Copied', 'Selected'].includes(document.querySelector('#sig\\\\/other-key .copy').textContent)")
	line := fixture(t).Checks[1].Evidence[0].Curl.String()
	assert.Equal(t, say[string](b, "document.querySelector('#sig\\\\/other-key .copy').parentElement.querySelector('code').textContent"), line)
}

func TestE2EPageKeepsToTheReadersTheme(t *testing.T) {
	b := newBrowser(t)
	b.media("", "light")
	page := pageOf(t, fixture(t))
	ground := "getComputedStyle(document.body).backgroundColor"
	const light, dark = "rgb(245, 246, 248)", "rgb(14, 18, 23)"
	b.open(page, "sig/other-key")
	assert.Equal(t, say[string](b, ground), light)
	b.picture("light")
	b.media("", "dark")
	assert.Equal(t, say[string](b, ground), dark, "what the system says")
	b.picture("dark")
	b.keys("t")
	assert.Equal(t, say[string](b, ground), light, "what the reader says")
	assert.Equal(t, say[string](b, "document.getElementById('theme').textContent"), "Theme: light")
	b.media("", "light")
	b.do(chromedp.Click("#theme"))
	assert.Equal(t, say[string](b, ground), dark)
	b.do(chromedp.Reload())
	assert.Equal(t, say[string](b, ground), dark, "it is remembered")
	b.keys("t")
	assert.Equal(t, say[string](b, "document.getElementById('theme').textContent"), "Theme: auto")
	assert.Equal(t, say[string](b, ground), light)
}

// What has to be fixed first is in the first screen, and nothing is wider than it.
func TestE2EFirstFailureIsInTheFirstScreen(t *testing.T) {
	b := newBrowser(t)
	pages := map[string]string{
		"report": pageOf(t, fixture(t)), "nested": pageOf(t, nested(t)), "refused": pageOf(t, refused(t)),
		"hostile": pageOf(t, hostile()), "play": playPageOf(t, unmet(t)),
	}
	for _, screen := range []struct {
		name          string
		width, height int
		options       []chromedp.EmulateViewportOption
	}{
		{"wide", 1280, 800, nil},
		{"narrow", 390, 844, []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateScale(2)}},
		{"narrowest", 320, 568, []chromedp.EmulateViewportOption{chromedp.EmulateMobile}},
	} {
		b.do(chromedp.EmulateViewport(int64(screen.width), int64(screen.height), screen.options...))
		for _, scheme := range []string{"light", "dark"} {
			b.media("", scheme)
			for name, page := range pages {
				name += "-" + screen.name + "-" + scheme
				b.open(page, "")
				assert.Equal(t, say[int](b, "document.documentElement.scrollWidth"), screen.width, "%s: closed", name)
				first := say[float64](b, "document.querySelector('.worst .check').getBoundingClientRect().top")
				// The title of the hostile one has a thousand letters of the target.
				if page != pages["hostile"] && screen.width > 320 {
					assert.Assert(t, first > 0 && first < 0.9*float64(screen.height), "%s: the first card is at %v", name, first)
				}
				b.picture(name)
				say[int](b, "document.querySelectorAll('details').forEach((d) => d.open = true), 1")
				assert.Equal(t, say[int](b, "document.documentElement.scrollWidth"), screen.width, "%s: open", name)
			}
		}
	}
}

func TestE2EPageIsReadWithoutScripts(t *testing.T) {
	b := newBrowser(t)
	b.scripts(false)
	b.open(pageOf(t, fixture(t)), "")
	assert.Assert(t, say[bool](b, "[...document.querySelectorAll('.tools, .find, .copy')].every((e) => e.hidden)"), "what needs scripts is not there")
	assert.Assert(t, say[bool](b, "document.querySelector('.check .inside').getBoundingClientRect().height > 100"), "the worst is open from the start")
	b.do(chromedp.Click("#passed > summary"), chromedp.Click("#passed .check summary"))
	b.until("document.querySelector('#passed .check').open")
	b.until("document.querySelector('#passed .check .inside').getBoundingClientRect().height > 40")
	b.picture("no-script")

	// On paper, what is closed is laid out all the same.
	inside := "[...document.querySelectorAll('.check:not([open]) .inside')].every((e) => e.checkVisibility({contentVisibilityAuto: true}) && e.getBoundingClientRect().height > 10)"
	assert.Assert(t, !say[bool](b, inside))
	b.media("print", "light")
	b.until(inside)
	_, trouble := b.noticed()
	assert.DeepEqual(t, trouble, []string{})
}

func TestE2EPageIsPrinted(t *testing.T) {
	b := newBrowser(t)
	b.media("", "dark")
	for name, page := range map[string]string{
		"print":         pageOf(t, fixture(t)),
		"print-hostile": pageOf(t, hostile()),
	} {
		b.open(page, "")
		before := say[string](b, opened)
		ctx, cancel := b.limited()
		pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
		cancel()
		assert.NilError(t, err)
		assert.Assert(t, strings.HasPrefix(string(pdf), "%PDF-"), "%s: %d bytes", name, len(pdf))
		path := filepath.Join(t.ArtifactDir(), name+".pdf")
		assert.NilError(t, os.WriteFile(path, pdf, 0o600))
		t.Log("printed:", path)
		assert.Equal(t, say[string](b, opened), before, "%s: the page is as before", name)
	}
}
