package mocksender

import "unicode/utf8"

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
