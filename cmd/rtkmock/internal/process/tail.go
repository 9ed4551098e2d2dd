package process

import (
	"strings"
	"sync"
)

// tailBytes is how much of an output a Tail holds at the least.
const tailBytes = 64 << 10

// Tail keeps the end of what is written to it. It is safe for concurrent use.
type Tail struct {
	mu  sync.Mutex
	buf []byte
	cut bool // the start of the first line in buf is gone
}

// Write adds p, and drops what has become too old. It never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if n > tailBytes {
		t.cut, t.buf = true, t.buf[:0]
		p = p[n-tailBytes:]
	}
	if over := len(t.buf) + len(p) - 2*tailBytes; over > 0 {
		// Half of it at once: moving the rest for each write would be slow.
		t.cut = true
		t.buf = append(t.buf[:0], t.buf[max(over, len(t.buf)-tailBytes):]...)
	}
	t.buf = append(t.buf, p...)
	return n, nil
}

// Lines returns the last n lines, or all that are held where there are fewer,
// without line breaks. Blank ones at the end are left out.
func (t *Tail) Lines(n int) []string {
	t.mu.Lock()
	text := strings.ToValidUTF8(string(t.buf), "\uFFFD")
	cut := t.cut
	t.mu.Unlock()
	if cut {
		if _, rest, ok := strings.Cut(text, "\n"); ok {
			text = rest
		}
	}
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\r\n\t ")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(len(lines)-n, 0):]
}

// Last returns the last line that is not blank, or "".
func (t *Tail) Last() string {
	lines := t.Lines(1)
	if len(lines) == 0 {
		return ""
	}
	return strings.TrimSpace(lines[0])
}
