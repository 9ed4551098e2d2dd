package plaintext

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestWrapBreaksEverythingButURLs(t *testing.T) {
	url := "http://127.0.0.1:9010/.well-known/webhooks.json"
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one two three", []string{"one two", "three"}},
		{"a well-known-name", []string{"a", "well-known", "-name"}},
		{"see " + url + " there", []string{"see", url, "there"}},
		{"xhttp://aaaaaaa", []string{"xhttp://aa", "aaaaa"}},
		{"日本語日本語日本語", []string{"日本語日本", "語日本語"}},
	} {
		assert.DeepEqual(t, Wrap(c.text, 10), c.want)
	}
}

func TestColumnsCountsWhatATerminalShows(t *testing.T) {
	assert.Equal(t, Columns("\x1b[31m日本\x1b[0m é"), 6)
}

// A target may answer with one long word.
func TestWrapTakesTenTimesAsLongForTenTimesAsMuch(t *testing.T) {
	took := func(n int) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			assert.Equal(t, len(Wrap(strings.Repeat("x", n), 80)), n/80)
			best = min(best, time.Since(start))
		}
		return best
	}
	ratio := took(80_000).Seconds() / took(8_000).Seconds()
	assert.Assert(t, ratio < 40, "it took %.1f times as long", ratio)
}
