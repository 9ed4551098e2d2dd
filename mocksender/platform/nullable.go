package platform

import "encoding/json"

// Nullable is a text that a body may give, give as null, or not give.
type Nullable struct {
	Given bool
	Value *string
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Nullable) UnmarshalJSON(data []byte) error {
	n.Given = true
	return json.Unmarshal(data, &n.Value)
}
