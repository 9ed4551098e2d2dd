package delivery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Header are the fields of --header. Their values are likely to be secrets.
type Header []Field

// Field is a header field.
type Field struct{ Name, Value string }

// Add adds --header.
func (h *Header) Add(cmd *cobra.Command) {
	flags.List(cmd.Flags(), (*[]Field)(h), "header", "'NAME: VALUE'", "header for every request, such as what a gateway asks for; repeatable", parseField)
}

// HTTP returns the fields as requests have them, or nil.
func (h Header) HTTP() http.Header {
	if len(h) == 0 {
		return nil
	}
	out := http.Header{}
	for _, f := range h {
		out[f.Name] = append(out[f.Name], f.Value)
	}
	return out
}

// Names returns the name of each field once.
func (h Header) Names() []string {
	var names []string
	for _, f := range h {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// parseField reads "Name: value". An error shows the name alone: the value is
// likely to be a secret.
func parseField(s string) (Field, error) {
	name, text, ok := strings.Cut(s, ":")
	if !ok {
		name, _, _ = strings.Cut(s, "=")
		return Field{}, flags.Found(strings.TrimSpace(name)+" …", "'Name: value'")
	}
	name, text = strings.TrimSpace(name), strings.TrimSpace(text)
	switch {
	case !isToken(name):
		return Field{}, flags.Found(name, "the name of a header before the colon")
	case strings.ContainsAny(text, "\r\n\x00"):
		return Field{}, fmt.Errorf("the value of %s holds a line break or a zero byte", name)
	}
	return Field{name, text}, reserved(name)
}

// isToken reports whether s is a token of RFC 9110.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// reserved refuses the headers that rtkmock sets: with another value, a delivery
// would not be what the report calls it.
func reserved(name string) error {
	own := []string{"Content-Type", "Content-Length", "Transfer-Encoding"}
	for _, names := range rtk.HeadersBoth.Sets() {
		if strings.EqualFold(name, names.WebhookID) {
			return fmt.Errorf("%s is set by --webhook-id", name)
		}
		own = append(own, names.Signature, names.UUID)
	}
	if slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(name, o) }) {
		return fmt.Errorf("%s is set by rtkmock for each delivery, want another header", name)
	}
	return nil
}
