package mocksender

import (
	"net/http"
	"unicode/utf8"
)

// trimHeader returns the fields of h, in the order of their names, that limit
// bytes can hold.
func trimHeader(h http.Header, limit int) http.Header {
	size := 0
	for name, values := range h {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size <= limit {
		return h
	}
	short := http.Header{}
	for _, name := range sortedNames(h) {
		for _, value := range h[name] {
			if limit -= len(name) + len(value); limit >= 0 {
				short[name] = append(short[name], value)
			}
		}
	}
	return short
}

// cutText returns the first limit bytes, or a little less so as not to cut
// through a character.
func cutText(b []byte, limit int) []byte {
	for cut := limit; cut > limit-utf8.UTFMax && cut > 0; cut-- {
		if utf8.RuneStart(b[cut]) {
			return b[:cut]
		}
	}
	return b[:limit]
}
