package diagnose

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many runs of question marks are looked at. Up to maxSingled are tried
// one by one as well.
const maxMarks = 64

// mark is a run of question marks in a body.
type mark struct{ from, to int }

// questionMarks are those of a body that may have been letters: not those of a URL.
func questionMarks(b []byte) []mark {
	var marks []mark
	for at := 0; len(marks) < maxMarks; {
		next := bytes.IndexByte(b[at:], '?')
		if next < 0 {
			break
		}
		m := mark{from: at + next}
		for at = m.from; at < len(b) && b[at] == '?'; at++ {
		}
		m.to = at
		before, _ := wordAround(b, m.from)
		if link := b[before:m.from]; !bytes.Contains(link, []byte("://")) && !bytes.Contains(link, []byte(`:\/\/`)) {
			marks = append(marks, m)
		}
	}
	return marks
}

// lostLetters are letters of European languages, and the signs that word processors
// put in. Others are too many to try.
func lostLetters() []rune {
	letters := []rune("‐‑–—‘’‚“”„•…‹›€™")
	for _, block := range [][2]rune{{0xa0, 0x17f}, {0x370, 0x4ff}} {
		for r := block[0]; r <= block[1]; r++ {
			if unicode.IsPrint(r) {
				letters = append(letters, r)
			}
		}
	}
	return letters
}

// questioned tries one letter for all question marks, or for one of them.
func (s *search) questioned() *match {
	marks := questionMarks(s.body)
	if len(marks) == 0 || !utf8.Valid(s.body) {
		return nil
	}
	sets := [][]mark{marks}
	for i := range marks {
		if len(marks) > 1 && len(marks) <= maxSingled {
			sets = append(sets, marks[i:i+1])
		}
	}
	for _, set := range sets {
		for _, letter := range lostLetters() {
			if signed := put(s.body, set, letter); s.try(signed) {
				here, then := wordAt(s.body, set[0].from), wordAt(signed, set[0].from)
				return &match{signed, []Finding{finding(BodyQuestion, fmt.Sprintf("%s here, %s when it was signed", here, then))}}
			}
		}
	}
	return nil
}

// put writes a letter in place of question marks: of one each, or of one for each of
// its bytes.
func put(b []byte, marks []mark, letter rune) []byte {
	var out []byte
	from := 0
	for _, m := range marks {
		out = append(out, b[from:m.from]...)
		n := m.to - m.from
		if n == utf8.RuneLen(letter) {
			n = 1
		}
		for range n {
			out = utf8.AppendRune(out, letter)
		}
		from = m.to
	}
	return append(out, b[from:]...)
}

// maxWord limits the word around a place.
const maxWord = 1000

// wordAround returns where the word around a place begins and ends.
func wordAround(b []byte, at int) (from, to int) {
	const outside = " \"\t\r\n"
	first := max(0, at-maxWord)
	from = first + bytes.LastIndexAny(b[first:at], outside) + 1
	to = min(at+maxWord, len(b))
	if end := bytes.IndexAny(b[at:to], outside); end >= 0 {
		to = at + end
	}
	return from, to
}

func wordAt(b []byte, at int) string {
	from, to := wordAround(b, at)
	return fmt.Sprintf("%.40s", b[from:to])
}

// questioned returns a word of b with question marks where no sentence has one: before
// a letter, or several in a word without letters. It returns "" where there is none.
func questioned(b []byte) string {
	for _, m := range questionMarks(b) {
		word := wordAt(b, m.from)
		next, _ := utf8.DecodeRune(b[m.to:])
		if unicode.IsLetter(next) || strings.Count(word, "?") > 1 && !strings.ContainsFunc(word, unicode.IsLetter) {
			return word
		}
	}
	return ""
}
