//go:build e2e

package html

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	devpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

// browser is a tab of a headless Chromium of its own, and what it noticed.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string // URLs, the page itself too
	trouble  []string // errors on the console, exceptions, dialogs
}

// newBrowser starts a Chromium with an empty profile. The test is skipped where
// there is none.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed (Debian: apt-get install chromium)")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.WindowSize(1200, 900),
	}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	assert.NilError(t, chromedp.Do(ctx), "Chromium did not start")
	assert.NilError(t, chromedp.Listen(ctx, b.notice))
	return b
}

// notice records what a page that keeps to itself does not cause.
func (b *browser) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		b.requests = append(b.requests, e.URL)
	case *log.EventEntryAdded:
		b.trouble = append(b.trouble, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, e.ExceptionDetails.Text)
	case *devpage.EventJavascriptDialogOpening:
		b.trouble = append(b.trouble, "a dialog: "+e.Message)
	}
}

// noticed returns the requests and the trouble so far.
func (b *browser) noticed() (requests, trouble []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.requests...), append([]string{}, b.trouble...)
}

// limited is the context of one step.
func (b *browser) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, 3*time.Minute) // a long page takes a busy machine its time to print
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	assert.NilError(b.t, chromedp.Do(ctx, steps...))
}

// open loads a page from a file, and returns its URL.
func (b *browser) open(content, fragment string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "report.html")
	assert.NilError(b.t, os.WriteFile(path, []byte(content), 0o600))
	address := (&url.URL{Scheme: "file", Path: path, Fragment: fragment}).String()
	b.do(chromedp.Navigate(address))
	return address
}

// say evaluates an expression in the page.
func say[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	assert.NilError(b.t, err, expression)
	return value
}

// until waits for an expression to become true.
func (b *browser) until(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !say[bool](b, expression) {
		assert.Assert(b.t, time.Now().Before(deadline), "never: %s", expression)
		b.do(chromedp.Sleep(20 * time.Millisecond))
	}
}

// keys presses keys, one after the other. Text is put in unless the page
// prevents that.
func (b *browser) keys(keys ...string) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	for _, key := range keys {
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}
		switch key {
		case "Enter":
			p.Text, p.WindowsVirtualKeyCode = "\r", 13
		case "Escape":
			p.Text, p.WindowsVirtualKeyCode = "", 27
		}
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, p)
		assert.NilError(b.t, err)
		p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err = chromedp.Call(ctx, input.DispatchKeyEvent, p)
		assert.NilError(b.t, err)
	}
}

// media sets what the page learns of the reader's wishes and of paper.
func (b *browser) media(medium, scheme string) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	assert.NilError(b.t, err)
}

// scripts switches the page's scripts on or off, from the next page on.
func (b *browser) scripts(on bool) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	assert.NilError(b.t, err)
}

// picture puts a screenshot among the artifacts of the test.
func (b *browser) picture(name string) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	assert.NilError(b.t, err)
	assert.Assert(b.t, strings.HasPrefix(string(png), "\x89PNG"))
	path := filepath.Join(b.t.ArtifactDir(), name+".png")
	assert.NilError(b.t, os.WriteFile(path, png, 0o600))
	b.t.Log("screenshot:", path)
}
