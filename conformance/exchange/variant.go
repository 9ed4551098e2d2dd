package exchange

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Variant names the type of e, with its reason or status if it has one. A target
// can be expected to treat two events of the same variant alike.
func Variant(e rtk.Event) string {
	for _, path := range []string{"reason", "recording.status", "status"} {
		if v, err := payload.Get(e.Body, path); err == nil {
			return fmt.Sprintf("%s with %s", e.Type, v)
		}
	}
	return string(e.Type)
}
