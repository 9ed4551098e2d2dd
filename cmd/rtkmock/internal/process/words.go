package process

import (
	"errors"
	"fmt"
	"strings"
)

// SplitWords splits a command as a shell splits it, by blanks outside of quotes.
// Nothing in it is replaced by anything.
func SplitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune // that is open; 0: none
	begun, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteRune('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quotation mark (%c) is not closed", quote)
	}
	if escaped {
		return nil, errors.New("nothing follows the backslash at its end")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
