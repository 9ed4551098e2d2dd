package artifacts

import (
	"bytes"
	"encoding/json"
)

func writeJSON(out *bytes.Buffer, v any) {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // v holds strings, numbers and booleans, so it always encodes
}
