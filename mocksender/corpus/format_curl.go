package corpus

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const curlHead = "#!/bin/sh\n# Signed webhook deliveries, made by rtkmock with a test key.\n"

// appendCurl appends a curl command for a POSIX shell that sends the request as
// it is: the fields that curl would add of its own are taken out, and the body
// goes through printf where a shell's word or a terminal could not hold it.
func appendCurl(b []byte, r Request) ([]byte, error) {
	body := string(r.Body)
	data := "--data-binary " + shellWord(body)
	if !printable(body) || strings.HasPrefix(body, "@") { // after an @ curl expects a file
		b = append(b, "printf "+shellWord(octal(body))+" | "...)
		data = "--data-binary @-"
	}
	b = append(b, "curl -sS -i"...)
	if r.Method != "POST" {
		b = append(b, " -X "+shellWord(r.Method)...)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			field := name + ": " + value
			if value == "" {
				field = name + ";" // curl drops a field after a bare colon
			}
			b = append(b, " -H "+shellWord(field)...)
		}
	}
	return append(b, " -H 'Accept:' "+data+" "+shellWord(r.URL)...), nil
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// printable reports text that is as it looks.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsMark(r) })
}

// octal makes of s a format of printf that prints it.
func octal(s string) string {
	var out strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%' || c == '\\':
			out.WriteString(strings.Repeat(string(c), 2))
		case c < ' ' || c > '~' || c == '-' && i == 0: // a leading hyphen could be taken for an option
			fmt.Fprintf(&out, `\%03o`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
