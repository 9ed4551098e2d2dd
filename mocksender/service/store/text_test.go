package store_test

import (
	"encoding/json"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// What a Text holds comes back from JSON as it was.
func FuzzText(f *testing.F) {
	f.Add([]byte("text <&>\u2028"))
	f.Add([]byte{0xff, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := json.Marshal(store.Text(data))
		assert.NilError(t, err)
		var back store.Text
		assert.NilError(t, json.Unmarshal(out, &back), "%s", out)
		assert.Equal(t, string(back), string(data))
	})
}
