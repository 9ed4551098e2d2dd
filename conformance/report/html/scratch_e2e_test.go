//go:build e2e

package html

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

func TestE2EScratch(t *testing.T) {
	files, _ := filepath.Glob("/tmp/htmlwork/*.html")
	b := newBrowser(t)
	for _, f := range files {
		data, err := os.ReadFile(f)
		assert.NilError(t, err)
		for _, w := range []int{1280, 390} {
			h := map[int]int{1280: 800, 390: 844}[w]
			if w == 390 {
				b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
			} else {
				b.do(chromedp.EmulateViewport(1280, 800))
			}
			_ = h
			for _, scheme := range []string{"light", "dark"} {
				b.media("", scheme)
				b.open(string(data), "")
				ctx, cancel := b.limited()
				png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
				cancel()
				assert.NilError(t, err)
				name := strings.TrimSuffix(filepath.Base(f), ".html")
				os.WriteFile("/tmp/htmlwork/"+name+"-"+map[int]string{1280: "wide", 390: "narrow"}[w]+"-"+scheme+".png", png, 0o600)
				t.Log(name, w, say[float64](b, "document.querySelector('.check')?.getBoundingClientRect().top ?? -1"), say[int](b, "document.documentElement.scrollWidth"))
			}
		}
	}
}
