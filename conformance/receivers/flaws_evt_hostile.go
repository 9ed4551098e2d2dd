package receivers

import (
	"bytes"
	"net/http"
	"strings"
	"unicode/utf8"
)

// hostileFlaws choke on what a signed body may hold all the same.
func hostileFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "nul-byte-500",
			Doc:   "Stores names in PostgreSQL, whose text holds no U+0000, and does not catch the error.",
			Kills: ids("evt/text-torture"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				return x.event.anyString(func(_, value string) bool { return strings.ContainsRune(value, 0) })
			}),
		},
		{
			Name:  "lone-surrogate-500",
			Doc:   "Encodes names as UTF-8, which Python refuses for half of a surrogate pair.",
			Kills: ids("evt/text-torture"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				// The decoder puts U+FFFD where a surrogate has no other half.
				return bytes.Contains(bytes.ToLower(x.body), []byte(`\ud8`)) &&
					x.event.anyString(func(_, value string) bool { return strings.ContainsRune(value, utf8.RuneError) })
			}),
		},
		{
			Name:  "long-name-500",
			Doc:   "Stores names in a VARCHAR(255) and does not catch the error.",
			Kills: ids("evt/text-torture"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				return x.event.anyString(func(name, value string) bool {
					return !strings.HasSuffix(name, "Url") && utf8.RuneCountInString(value) > 255
				})
			}),
		},
		{
			Name:  "duplicate-members-500",
			Doc:   "Uses a strict parser whose error for a repeated member nobody catches.",
			Kills: ids("evt/duplicate-json-keys"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool { return repeatsMember(x.body) }),
		},
		{
			Name:  "deep-nesting-500",
			Doc:   "Walks the payload recursively to clean it: a thousand levels down, Python raises RecursionError.",
			Kills: ids("evt/deep-nesting"),
			twist: func(b *behaviour) {
				next := b.process
				b.process = func(x *exchange) answer {
					if nesting(x.body) > 1000 {
						return status(http.StatusInternalServerError)
					}
					return next(x)
				}
			},
		},
	}
}
