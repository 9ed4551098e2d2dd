package mocksendertest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// SameBody holds if got is the event's body, byte for byte: what a receiver
// stores or passes on. If not, the message says whether the JSON is another or
// only written in another way.
func SameBody(got []byte, want rtk.Event) Comparison {
	return func() (bool, string) {
		if bytes.Equal(got, want.Body) {
			return true, ""
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			return false, fmt.Sprintf("%s: found what is not JSON (%v), want the event's body:\n%.1000q", want.Type, err, got)
		}
		if err := json.Unmarshal(want.Body, &b); err != nil {
			return false, fmt.Sprintf("%s: the event's own body is not JSON (%v), and found other bytes:\n%.1000q", want.Type, err, got)
		}
		if diff := cmp.Diff(b, a); diff != "" {
			return false, fmt.Sprintf("%s: another body (-want +got):\n%s", want.Type, diff)
		}
		return false, fmt.Sprintf("%s: the same JSON in other bytes, want it unchanged: white space, key order and escapes are signed as well:\n%s",
			want.Type, cmp.Diff(string(want.Body), string(got)))
	}
}
