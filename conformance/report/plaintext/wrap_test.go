package plaintext

import (
	"testing"

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
