package delivery

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// AddHeader adds --header.
func (f *Flags) AddHeader(cmd *cobra.Command) {
	f.Header = http.Header{}
	flags.Repeated(cmd.Flags(), "header", "'NAME: VALUE'", "header for every request, such as what a gateway asks for; repeatable", func(s string) error {
		name, text, err := parseField(s)
		f.Header[name] = append(f.Header[name], text)
		return err
	})
}

// SecretHeaders are the names of the fields of --header.
func (f *Flags) SecretHeaders() []string { return slices.Sorted(maps.Keys(f.Header)) }

// parseField reads "Name: value". An error shows the name alone: the value is
// likely to be a secret.
func parseField(s string) (name, text string, err error) {
	name, text, ok := strings.Cut(s, ":")
	if !ok {
		name, _, _ = strings.Cut(s, "=")
		return "", "", flags.Found(strings.TrimSpace(name)+" …", "'Name: value'")
	}
	name, text = strings.TrimSpace(name), strings.TrimSpace(text)
	switch {
	case !isToken(name):
		return "", "", flags.Found(name, "the name of a header before the colon")
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", "", fmt.Errorf("the value of %s holds a line break or a zero byte", name)
	}
	return name, text, reserved(name)
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
