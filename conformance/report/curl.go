package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// maxInline is the longest body, and the longest header, in bytes, that a curl
// line holds itself.
const maxInline = 16 << 10

// expectFrom is the body length from which curl asks for 100-continue unless
// told not to.
const expectFrom = 1 << 20

// command is a line for a POSIX shell that sends a request again. Its words
// are quoted; between any two of them a line may be broken.
type command struct {
	words []string
	notes []string // what the line lacks, or cannot do
}

func (c command) line() string { return strings.Join(c.words, " ") }
func (c command) note() string { return strings.Join(c.notes, "; ") }

// curler makes command lines.
type curler struct {
	redactor *redact.Redactor
	bodyDir  string
}

// command returns what sends q again. The error is about a body that could not
// be written to the body directory.
func (c *curler) command(q mocksender.Request) (command, error) {
	cmd := command{words: []string{"curl", "-sS", "-i"}}
	address := redact.URL(q.URL)
	if strings.HasPrefix(address, "https:") {
		cmd.words = append(cmd.words, "--http1.1")
	}
	if strings.ContainsAny(address, "[]{}") {
		cmd.words = append(cmd.words, "-g") // no patterns: they are meant
	}
	cmd.words = append(cmd.words, method(q)...)
	hidden := strings.Contains(address, redact.Mark)
	size, left := 0, 0
	for _, field := range c.fields(q) {
		if size += len(field); size > maxInline {
			left++
			continue
		}
		hidden = hidden || strings.HasSuffix(field, redact.Mark)
		cmd.words = append(cmd.words, "-H "+quote(field))
	}
	if left > 0 {
		cmd.notes = append(cmd.notes, fmt.Sprintf("%s left out, too long to show: the header has %d bytes", counted(left, "header field"), size))
	}
	if q.Method == http.MethodHead && len(q.Body) > 0 {
		cmd.notes = append(cmd.notes, "curl waits in vain for the body of the answer")
	}
	if err := c.addBody(&cmd, q); err != nil {
		return command{}, err
	}
	cmd.words = append(cmd.words, quote(address))
	if hidden {
		cmd.notes = append(cmd.notes, "put the real value where it says "+redact.Mark)
	}
	cmd.notes = append(cmd.notes, unlike(q.Framing, sizeOf(q))...)
	return cmd, nil
}

// method returns the options for the request's method, as far as the presence
// of a body does not say it.
func method(q mocksender.Request) []string {
	switch {
	case q.Method == http.MethodPost:
		return nil
	case q.Method == http.MethodHead && len(q.Body) == 0:
		return []string{"--head"}
	case q.Method == http.MethodHead:
		return []string{"-X HEAD", "--max-time 5"} // --head takes no body
	case q.Method == http.MethodGet && len(q.Body) == 0:
		return nil
	default:
		return []string{"-X " + quote(q.Method)}
	}
}

// fields returns the header fields as curl takes them. Those that curl would
// add of its own are taken out.
func (c *curler) fields(q mocksender.Request) []string {
	var out []string
	given := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(q.Header)) {
		given[strings.ToLower(name)] = len(q.Header[name]) > 0
		for _, value := range q.Header[name] {
			value = c.redactor.Field(name, value)
			if value == "" {
				out = append(out, name+";") // curl's way to send a field without a value
				continue
			}
			out = append(out, name+": "+value)
		}
	}
	add := func(name, value string) {
		if !given[strings.ToLower(name)] {
			out = append(out, strings.TrimSpace(name+": "+value))
		}
	}
	add("Accept", "")
	add("User-Agent", "")
	if len(q.Body) > 0 || q.Method == http.MethodPost {
		add("Content-Type", "")
	}
	if q.Framing.Chunked {
		add("Transfer-Encoding", "chunked")
	}
	switch {
	case q.Framing.ExpectContinue:
		add("Expect", "100-continue")
	case sizeOf(q) >= expectFrom:
		add("Expect", "")
	}
	if q.Framing.FreshConnection {
		add("Connection", "close")
	}
	return out
}

// addBody gives cmd the request's body: from a file where there is a folder
// for that, else within the line. Bytes that a shell's argument or a terminal
// could not hold are written by printf, whose octal escapes every POSIX shell
// knows.
func (c *curler) addBody(cmd *command, q mocksender.Request) error {
	const option = "--data-binary "
	body := q.Body
	switch {
	case len(body) == 0 && q.Method != http.MethodPost:
	case len(body) == 0:
		cmd.words = append(cmd.words, option+"''")
	case c.bodyDir != "" && sizeOf(q) == len(body):
		path, err := storeBody(c.bodyDir, body)
		if err != nil {
			return err
		}
		cmd.words = append(cmd.words, option+quote("@"+path))
	case sizeOf(q) > maxInline:
		cmd.words = append(cmd.words, option+"@BODY")
		cmd.notes = append(cmd.notes, fmt.Sprintf("BODY stands for a file with the %d bytes that were sent; they are too long to show here", sizeOf(q)))
	case isPlain(string(body)) && body[0] != '@': // @ would begin the name of a file
		cmd.words = append(cmd.words, option+single(string(body)))
	default:
		cmd.words = append([]string{"printf " + single(octal(string(body))) + " |"}, cmd.words...)
		cmd.words = append(cmd.words, option+"@-")
	}
	return nil
}

// unlike says where curl cannot put the body on the wire as the sender did.
func unlike(f mutation.Framing, size int) []string {
	switch {
	case f.CutAt > 0:
		return []string{fmt.Sprintf("curl sends the whole body; here it ended after %d of %d bytes", f.CutAt, size)}
	case f.Pieces > 1:
		return []string{fmt.Sprintf("curl sends the body at once; here it came in %d pieces, %s apart", f.Pieces, f.Pause)}
	}
	return nil
}

// quote makes s one word of a POSIX shell, in letters that a terminal shows.
func quote(s string) string {
	if !isPlain(s) {
		return `"$(printf ` + single(octal(s)) + `)"`
	}
	return single(s)
}

func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// isPlain reports text that is as it looks.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !visible(r) })
}

// octal makes of s a format of printf that prints it. A leading hyphen is
// escaped too: it could be taken for an option.
func octal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '%', r == '\\':
			b.WriteRune(r)
			b.WriteRune(r)
		case r == '-' && i == 0, r == utf8.RuneError && size == 1, !visible(r):
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// storeBody writes body into dir under a name made of its content, unless it
// is there, and returns the path.
func storeBody(dir string, body []byte) (string, error) {
	extension := ".bin"
	if json.Valid(body) {
		extension = ".json"
	}
	sum := sha256.Sum256(body)
	path := filepath.Join(dir, hex.EncodeToString(sum[:8])+extension)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(body)) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", unwritable(dir, cause(err))
	}
	return path, WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
}
