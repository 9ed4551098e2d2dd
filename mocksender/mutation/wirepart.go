package mutation

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// WirePart is a set of parts of a request. A Mutation declares which it changes.
type WirePart uint

const (
	PartMethod    WirePart = 1 << iota
	PartURL                //
	PartSignature          // the values under the signature's names
	PartUUID               // those under the uuid's
	PartWebhookID          // those under the webhook id's
	PartHeader             // all other fields, and how the names of any are spelt
	PartBody               //
	PartFraming            // how the body is put on the wire

	anyPart WirePart = 1<<iota - 1
)

func (p WirePart) String() string {
	var names []string
	for i, name := range []string{
		"the method", "the URL", "the signature", "the uuid", "the webhook id",
		"header fields", "the body", "the framing",
	} {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " and ")
}

// Difference returns the parts in which two requests differ.
func Difference(a, b *Wire) WirePart {
	d := differingFields(a.Header, b.Header) | differingFields(b.Header, a.Header)
	if a.Method != b.Method {
		d |= PartMethod
	}
	if a.URL != b.URL {
		d |= PartURL
	}
	if !bytes.Equal(a.Body, b.Body) {
		d |= PartBody
	}
	if a.Framing != b.Framing {
		d |= PartFraming
	}
	return d
}

// differingFields returns the parts of the fields that b does not have, or not
// in the same way.
func differingFields(a, b http.Header) WirePart {
	var d WirePart
	for name, values := range a {
		switch {
		case slices.Equal(values, b[name]):
		case slices.Equal(values, header.Values(b, name)):
			d |= PartHeader // under another spelling
		default:
			d |= partOf(name)
		}
	}
	return d
}

// partOf returns the part that the field called name belongs to.
func partOf(name string) WirePart {
	for _, names := range rtk.HeadersBoth.Sets() {
		switch {
		case strings.EqualFold(name, names.Signature):
			return PartSignature
		case strings.EqualFold(name, names.UUID):
			return PartUUID
		case strings.EqualFold(name, names.WebhookID):
			return PartWebhookID
		}
	}
	return PartHeader
}
