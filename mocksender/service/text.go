package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Text is bytes that are most often text. In JSON it is a string where it is
// UTF-8, and {"base64": "…"} where it is not: exact in both.
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
		if err := json.Unmarshal(data, &b); err != nil {
			return err
		}
		*t = b.Base64
		return nil
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("service: text: %w", err)
	}
	*t = Text(s)
	return nil
}
