package corpus

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

const curlHead = "#!/bin/sh\n# Signed webhook deliveries, made by rtkmock with a test key.\n"

func appendCurl(b []byte, r Request) ([]byte, error) { return append(b, CurlLine(r.Record)...), nil }

// CurlLine returns a curl command for a POSIX shell, on one line, that sends
// the request as it is: the field that curl would add of its own is taken out,
// and the body goes through printf where a shell's word or a terminal could not
// hold it. Framing is left out.
func CurlLine(r recording.Record) string {
	var line strings.Builder
	body := string(r.Body)
	data := " --data-binary " + shellWord(body)
	if !printable(body) || strings.HasPrefix(body, "@") { // after an @ curl expects a file
		line.WriteString("printf " + shellWord(octal(body)) + " | ")
		data = " --data-binary @-"
	}
	line.WriteString("curl -sS -i")
	if r.Method != http.MethodPost {
		line.WriteString(" -X " + shellWord(r.Method))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			field := name + ": " + value
			if value == "" {
				field = name + ";" // curl drops a field after a bare colon
			}
			line.WriteString(" -H " + shellWord(field))
		}
	}
	line.WriteString(" -H 'Accept:'" + data + " " + shellWord(r.URL))
	return line.String()
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
