package rtk

import "fmt"

// Header names of the guide's table "Webhook headers". Header names are
// case-insensitive; this is the spelling of the guide.
const (
	HeaderSignature = "rtk-signature"
	HeaderUUID      = "rtk-uuid"
	HeaderWebhookID = "rtk-webhook-id"
)

// Header names of the predecessor, Dyte, with the same values. They are
// practice: the guide does not name them.
const (
	DyteHeaderSignature = "dyte-signature"
	DyteHeaderUUID      = "dyte-uuid"
	DyteHeaderWebhookID = "dyte-webhook-id"
)

// HeaderSet names the three headers of one delivery.
type HeaderSet struct {
	Signature, UUID, WebhookID string
}

// HeaderNames chooses the header names that deliveries carry. The zero value
// is HeadersRTK.
type HeaderNames string

const (
	HeadersRTK  HeaderNames = "rtk"  // rtk-…: what the guide documents
	HeadersDyte HeaderNames = "dyte" // dyte-…: what the predecessor sent
	HeadersBoth HeaderNames = "both" // both sets, with equal values
)

// ParseHeaderNames returns the choice that s names: rtk, dyte or both.
func ParseHeaderNames(s string) (HeaderNames, error) {
	switch n := HeaderNames(s); n {
	case HeadersRTK, HeadersDyte, HeadersBoth:
		return n, nil
	}
	return "", fmt.Errorf("rtk: unknown header names %q, want rtk, dyte or both", s)
}

// Sets returns the header sets of the choice, one or two.
func (n HeaderNames) Sets() []HeaderSet {
	documented := HeaderSet{HeaderSignature, HeaderUUID, HeaderWebhookID}
	predecessor := HeaderSet{DyteHeaderSignature, DyteHeaderUUID, DyteHeaderWebhookID}
	switch n {
	case HeadersDyte:
		return []HeaderSet{predecessor}
	case HeadersBoth:
		return []HeaderSet{documented, predecessor}
	default:
		return []HeaderSet{documented}
	}
}
