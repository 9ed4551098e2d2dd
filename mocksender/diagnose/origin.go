package diagnose

import (
	"bytes"
	"slices"
)

// Two pages of the predecessor's guide have what its readers still copy. One
// verifies HMAC, the other RSA, and both over JSON.stringify of the parsed body.
const (
	dyteHMAC = "Dyte's old guide: it showed HMAC-SHA256 in hex over JSON.stringify(req.body), in x-dyte-signature"
	dyteRSA  = "Dyte's old guide: it verified the RSA signature over JSON.stringify(payload)"

	dyteHMACHeader = "x-dyte-signature"

	svixHMAC = "the samples of Svix and Standard Webhooks: HMAC-SHA256 over id.timestamp.body"
)

// originOfHMAC tells by how the HMAC is written, and by the fields around it.
func originOfHMAC(c Case, r reading) string {
	switch {
	case len(field(c.Header, "svix-id")) > 0 || len(field(c.Header, "webhook-id")) > 0:
		return svixHMAC
	case len(field(c.Header, dyteHMACHeader)) > 0 || slices.Equal(r.spelling, []ID{SignatureHex}):
		return dyteHMAC
	}
	return ""
}

// traceOrigin marks the findings of a body that JSON.stringify made of what was
// signed.
func traceOrigin(findings []Finding, body, signed []byte) {
	if parsed := parse(signed); parsed == nil || !bytes.Equal(stringified(parsed), body) {
		return
	}
	for i := range findings {
		switch findings[i].ID {
		case BodyWhitespace, BodySlash, BodyUnicode, BodyHTML, BodyNumbers:
			findings[i].Origin = dyteRSA
			return // once is enough
		}
	}
}

// stringified is what JSON.stringify(JSON.parse(text)) makes of the text of root.
func stringified(root *node) []byte {
	w := writer{order: sameOrder, layout: compact(), shorten: true}
	w.value(root, "", 0)
	return w.b
}
