package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Text is bytes that are text most of the time. In JSON it is a string if it is
// UTF-8, and {"base64": "…"} if not. Both are exact.
type Text []byte

type base64Text struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if !utf8.Valid(t) {
		return json.Marshal(base64Text{t})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(string(t)); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var b base64Text
		err := json.Unmarshal(data, &b)
		*t = b.Base64
		return err
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("store: text: %w", err)
	}
	*t = Text(s)
	return nil
}
