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

// Parts returns what m declares to change: Changes, or what the ID's first word
// says, or anything where neither says so.
func (m Mutation) Parts() WirePart {
	if m.Changes != 0 {
		return m.Changes
	}
	kind, _, _ := strings.Cut(m.ID, "/")
	if p, ok := map[string]WirePart{
		"method":     PartMethod,
		"signature":  PartSignature,
		"uuid":       PartUUID,
		"webhook-id": PartWebhookID,
		"header":     PartHeader,
		"body":       PartBody,
		"framing":    PartFraming,
	}[kind]; ok {
		return p
	}
	return anyPart
}

// Difference returns the parts in which two requests differ.
func Difference(a, b *Wire) WirePart {
	var d WirePart
	for _, part := range []struct {
		is      WirePart
		differs bool
	}{
		{PartMethod, a.Method != b.Method},
		{PartURL, a.URL != b.URL},
		{PartBody, !bytes.Equal(a.Body, b.Body)},
		{PartFraming, a.Framing != b.Framing},
	} {
		if part.differs {
			d |= part.is
		}
	}
	return d | differingFields(a.Header, b.Header) | differingFields(b.Header, a.Header)
}

// differingFields returns the parts of the fields that a has and b has not, or
// has otherwise.
func differingFields(a, b http.Header) WirePart {
	var d WirePart
	for name, values := range a {
		if slices.Equal(values, b[name]) {
			continue
		}
		if slices.Equal(values, header.Values(b, name)) {
			d |= PartHeader // under another spelling
			continue
		}
		d |= partOf(name)
	}
	return d
}

// partOf is the part that the field called name belongs to.
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
