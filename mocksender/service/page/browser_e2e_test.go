//go:build e2e

package page_test

import (
	"context"
	"fmt"
	"net/http"
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
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

// tab is a tab of a headless Chromium of its own, and what it noticed.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	trouble  []string // errors on the console, exceptions
}

// newTab starts a Chromium with an empty profile. The test is skipped where
// there is none.
func newTab(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium is installed (Debian: apt-get install chromium)")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WindowSize(1400, 900),
	}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	assert.NilError(t, chromedp.Do(ctx), "Chromium did not start")
	assert.NilError(t, chromedp.Listen(ctx, b.notice))
	return b
}

func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		b.trouble = append(b.trouble, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		b.trouble = append(b.trouble, text)
	}
}

// calm asserts that nothing went wrong but the refusals that the test made, and that
// no other host was asked for anything.
func (b *tab) calm(base string, refusals ...int) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var want []string
	for _, status := range refusals {
		want = append(want, fmt.Sprintf("Failed to load resource: the server responded with a status of %d (%s)", status, http.StatusText(status)))
	}
	assert.DeepEqual(b.t, b.trouble, want)
	for _, u := range b.requests {
		assert.Assert(b.t, strings.HasPrefix(u, base), "the page asks for %s", u)
	}
}

func (b *tab) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, time.Minute)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	assert.NilError(b.t, chromedp.Do(ctx, steps...))
}

// say evaluates an expression in the page.
func say[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	assert.NilError(b.t, err, expression)
	return value
}

// until waits for an expression to become true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !say[bool](b, expression); {
		if time.Now().After(deadline) {
			b.picture("never")
			b.t.Fatalf("never: %s\n%s", expression, say[string](b, "document.body.innerText"))
		}
		b.do(chromedp.Sleep(20 * time.Millisecond))
	}
}

// keys presses keys, one after the other.
func (b *tab) keys(keys ...string) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	codes := map[string]int64{"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Tab": 9, "End": 35, "Home": 36}
	for _, key := range keys {
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}
		if code, ok := codes[key]; ok {
			p.Text, p.WindowsVirtualKeyCode = "", code
		}
		if key == "Enter" {
			p.Text = "\r"
		}
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, p)
		assert.NilError(b.t, err)
		p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err = chromedp.Call(ctx, input.DispatchKeyEvent, p)
		assert.NilError(b.t, err)
	}
}

// scheme sets whether the reader's system is light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	assert.NilError(b.t, err)
}

// picture puts a screenshot among the artifacts of the test.
func (b *tab) picture(name string) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	assert.NilError(b.t, err)
	path := filepath.Join(b.t.ArtifactDir(), name+".png")
	assert.NilError(b.t, os.WriteFile(path, png, 0o600))
	b.t.Log("screenshot:", path)
}
