package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// maxInline is the longest body, and the longest header, in bytes, that a curl
// line holds itself.
const maxInline = 16 << 10

// expectFrom is the length from which curl asks for 100-continue before it sends
// a body, unless an option forbids that.
const expectFrom = 1 << 20

// Store puts a body into a file called name, and returns the file's path.
type Store func(name string, body []byte) (path string, err error)

// setCurl makes the lines that send the last request of each delivery again. store
// takes its body, unless it is nil.
func setCurl(list []Evidence, store Store) error {
	for i := range list {
		e := &list[i]
		e.Curl, e.CurlNote = nil, ""
		if len(e.Attempts) == 0 {
			continue
		}
		c := curl{request: e.Last().Request, url: e.AttemptURL(e.Last()), body: e.body, store: store}
		if c.body == nil {
			c.body = c.request.Content()
		}
		if err := c.build(); err != nil {
			return err
		}
		e.Curl, e.CurlNote = c.words, strings.Join(c.notes, "; ")
	}
	return nil
}

// curl makes a command line.
type curl struct {
	request Request
	url     string
	body    []byte // as far as it is known
	store   Store

	words Command
	notes []string // what the line lacks, or cannot do
}

func (c *curl) add(words ...string) { c.words = append(c.words, words...) }

func (c *curl) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

func (c *curl) build() error {
	c.add("curl", "-sS", "-i")
	if strings.HasPrefix(c.url, "https:") {
		c.add("--http1.1")
	}
	if strings.ContainsAny(c.url, "[]{}") {
		c.add("-g") // no patterns: they are meant
	}
	c.addMethod()
	secret := c.addFields() || strings.Contains(c.url, redact.Mark)
	if c.request.Method == http.MethodHead && len(c.body) > 0 {
		c.note("curl waits in vain for the body of the answer")
	}
	if err := c.addBody(); err != nil {
		return err
	}
	c.add(quote(c.url))
	if secret {
		c.note("put the real value where it says %s", redact.Mark)
	}
	switch f := c.request.Framing; {
	case f.CutAt > 0:
		c.note("curl sends the whole body; here it ended after %d of %d bytes", f.CutAt, c.request.Size)
	case f.Pieces > 1:
		c.note("curl sends the body at once; here it came in %d pieces, %s apart", f.Pieces, time.Duration(f.Pause))
	}
	return nil
}

// addMethod adds the method, as far as the presence of a body does not say it.
func (c *curl) addMethod() {
	switch method := c.request.Method; {
	case method == http.MethodPost:
	case method == http.MethodHead && len(c.body) == 0:
		c.add("--head")
	case method == http.MethodHead:
		c.add("-X HEAD", "--max-time 5") // --head takes no body
	case method == http.MethodGet && len(c.body) == 0:
	default:
		c.add("-X " + quote(method))
	}
}

// addFields adds the header fields, and reports whether one is redacted.
func (c *curl) addFields() (secret bool) {
	size, left := 0, 0
	for _, field := range c.fields() {
		if size += len(field); size > maxInline {
			left++
			continue
		}
		secret = secret || strings.HasSuffix(field, redact.Mark)
		c.add("-H " + quote(field))
	}
	if left > 0 {
		c.note("%s left out, too long to show: the header has %d bytes", printable.Count(left, "header field"), size)
	}
	return secret
}

// fields returns the header fields as curl takes them. Fields that curl would
// add by itself are switched off.
func (c *curl) fields() []string {
	var out []string
	given := map[string]bool{}
	all := c.request.Fields()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		given[strings.ToLower(name)] = len(all[name]) > 0
		for _, value := range all[name] {
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
	if len(c.body) > 0 || c.request.Method == http.MethodPost {
		add("Content-Type", "")
	}
	framing := c.request.Framing
	if framing.Chunked {
		add("Transfer-Encoding", "chunked")
	}
	switch {
	case framing.ExpectContinue:
		add("Expect", "100-continue")
	case c.request.Size >= expectFrom:
		add("Expect", "")
	}
	if framing.FreshConnection {
		add("Connection", "close")
	}
	return out
}

// addBody adds the request's body: from a file where files are stored, else within
// the line. Bytes that a shell's argument or a terminal could not
// hold are written by printf, whose octal escapes every POSIX shell knows.
func (c *curl) addBody() error {
	const option = "--data-binary "
	size, body := c.request.Size, string(c.body)
	switch {
	case body == "" && c.request.Method != http.MethodPost:
	case body == "":
		c.add(option + "''")
	case c.store != nil && size == len(body):
		path, err := c.store(bodyName(c.body), c.body)
		if err != nil {
			return err
		}
		c.add(option + quote("@"+path))
	case size > maxInline:
		c.add(option + "@BODY")
		c.note("BODY stands for a file with the %d bytes that were sent; they are too long to show here", size)
	case isPlain(body) && body[0] != '@': // @ would begin the name of a file
		c.add(option + single(body))
	default:
		c.words = append(Command{"printf " + single(octal(body)) + " |"}, c.words...)
		c.add(option + "@-")
	}
	return nil
}

// bodyName is a file name made of the content of body.
func bodyName(body []byte) string {
	extension := ".bin"
	if json.Valid(body) {
		extension = ".json"
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8]) + extension
}

// Command is a line for a POSIX shell. Its words are quoted, and the line may be
// broken between any two of them.
type Command []string

// String returns the line.
func (c Command) String() string { return strings.Join(c, " ") }

// MarshalText writes the line.
func (c Command) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the line as one word.
func (c *Command) UnmarshalText(b []byte) error {
	*c = Command{string(b)}
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
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !printable.Visible(r) })
}

// octal makes of s a format of printf that prints it. A leading hyphen is
// escaped too: it could be taken for an option.
func octal(s string) string {
	var b strings.Builder
	if strings.HasPrefix(s, "-") {
		b.WriteString(`\055`)
		s = s[1:]
	}
	s = strings.NewReplacer("%", "%%", `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s)
	for len(s) > 0 {
		char, size := utf8.DecodeRuneInString(s)
		if isPlain(s[:size]) {
			b.WriteRune(char)
		} else {
			for _, c := range []byte(s[:size]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
		s = s[size:]
	}
	return b.String()
}
