package effects

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Bounds of what is read from an effects file.
const (
	lineLimit   = 64 << 10  // bytes; longer lines are skipped
	uuidLimit   = 1_000_000 // deliveries told apart
	tailLength  = 64        // bytes before the offset, to recognise the file
	unreadLimit = 256 << 20 // bytes at a time
)

// File is an instrument that reads a file of JSON lines. The target appends
// one line for each effect: {"uuid":"…"} with the delivery's rtk-uuid. Other
// members are ignored. Close it after the run.
//
// Lines from before the run are not counted, and a last line that is still
// being written is read later. If the file is cut short or replaced, it is read
// from its start; a delivery then has as many effects as the old or the new
// content shows, the larger number of the two. Lines that are no such objects
// are skipped: a target that is killed may leave half of one.
type File struct {
	path string

	mu      sync.Mutex
	file    *os.File // nil while there is none
	offset  int64    // of the first byte that is not read
	tail    []byte   // what stands before the offset
	partial bool     // the line at the offset began before the run, or is too long
	now     map[string]int
	before  map[string]int // counts of earlier content
	good    int
	bad     error // about the first line that was skipped
}

// OpenFile returns an instrument that reads the file at path, which need
// not exist yet.
func OpenFile(path string) (*File, error) {
	e := &File{path: path, now: map[string]int{}, before: map[string]int{}}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, e.fail(err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("conformance: effects file %s: it is no regular file", path)
	}
	if err := e.open(); err != nil {
		return nil, err
	}
	if e.file == nil {
		return e, nil
	}
	size, err := e.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(e.fail(err), e.Close())
	}
	e.advance(size)
	e.partial = len(e.tail) > 0 && !bytes.HasSuffix(e.tail, []byte("\n"))
	return e, nil
}

// Close closes the file.
func (e *File) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil
	}
	err := e.file.Close()
	e.file = nil
	return err
}

// Key implements Counter.
func (e *File) Key(q Query) string { return q.UUID }

// Count implements Counter.
func (e *File) Count(_ context.Context, q Query) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.refresh(); err != nil {
		return 0, err
	}
	if e.good == 0 && e.bad != nil {
		return 0, e.bad
	}
	return max(e.now[q.UUID], e.before[q.UUID]), nil
}

func (e *File) fail(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("conformance: effects file %s: %w", e.path, err)
}

// open opens the file, if there is one.
func (e *File) open() error {
	file, err := os.Open(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return e.fail(err)
	}
	e.file = file
	return nil
}

// refresh reads what was added.
func (e *File) refresh() error {
	if e.file == nil {
		if err := e.open(); err != nil || e.file == nil {
			return err
		}
	}
	if !e.continued() {
		e.startOver()
	}
	if err := e.read(); err != nil {
		return err
	}
	replaced, err := e.replaced()
	if err != nil || !replaced {
		return err
	}
	e.file.Close()
	e.file = nil
	e.startOver()
	if err := e.open(); err != nil || e.file == nil {
		return err
	}
	return e.read()
}

// continued reports whether the file still holds what was read from it.
func (e *File) continued() bool {
	have := make([]byte, len(e.tail))
	n, err := e.file.ReadAt(have, e.offset-int64(len(e.tail)))
	return n == len(have) && (err == nil || errors.Is(err, io.EOF)) && bytes.Equal(have, e.tail)
}

// replaced reports whether the path leads to another file now.
func (e *File) replaced() (bool, error) {
	there, err := os.Stat(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // its replacement does not exist yet
	}
	if err != nil {
		return false, e.fail(err)
	}
	here, err := e.file.Stat()
	if err != nil {
		return false, e.fail(err)
	}
	return !os.SameFile(here, there), nil
}

// restart goes back to the start, and keeps what was counted.
func (e *File) startOver() {
	for uuid, n := range e.now {
		e.before[uuid] = max(e.before[uuid], n)
	}
	clear(e.now)
	e.offset, e.tail, e.partial = 0, nil, false
}

// read counts the lines from the offset to the present end of the file.
func (e *File) read() error {
	info, err := e.file.Stat()
	if err != nil {
		return e.fail(err)
	}
	if info.Size()-e.offset > unreadLimit {
		return fmt.Errorf("conformance: effects file %s: more than %d MB were added, want one line for each effect", e.path, unreadLimit>>20)
	}
	var buf []byte
	for e.offset < info.Size() {
		if buf == nil {
			buf = make([]byte, lineLimit)
		}
		n, err := e.file.ReadAt(buf, e.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return e.fail(err)
		}
		used := e.countLines(buf[:n])
		if used == 0 {
			return nil // the line is not complete yet
		}
		e.advance(e.offset + int64(used))
		if len(e.now)+len(e.before) > uuidLimit {
			return fmt.Errorf("conformance: effects file %s: it names more than %d deliveries", e.path, uuidLimit)
		}
	}
	return nil
}

// countLines counts the complete lines at the start of chunk and returns how
// many bytes they have.
func (e *File) countLines(chunk []byte) (used int) {
	for used < len(chunk) {
		rest := chunk[used:]
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end >= 0:
			if !e.partial {
				e.countLine(rest[:end], true)
			}
			e.partial = false
			used += end + 1
		case e.partial:
			return len(chunk)
		case len(rest) == lineLimit:
			e.skipLine(rest)
			e.partial = true // until its end
			return len(chunk)
		case e.countLine(rest, false):
			return len(chunk) // only the line break is missing
		default:
			return used
		}
	}
	return used
}

// countLine counts one line and reports whether it could. A line that is not
// complete may become so.
func (e *File) countLine(text []byte, complete bool) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return complete
	}
	var effect struct {
		UUID string `json:"uuid"`
	}
	if err := json.Unmarshal(text, &effect); err != nil || effect.UUID == "" {
		if complete {
			e.skipLine(text)
		}
		return false
	}
	e.good++
	e.now[effect.UUID]++
	return true
}

// skipLine skips a line that is no effect.
func (e *File) skipLine(text []byte) {
	if e.bad == nil {
		e.bad = fmt.Errorf("conformance: effects file %s: found %.60q, want a line {\"uuid\":\"…\"} for each effect", e.path, text)
	}
}

// advance moves on to the offset.
func (e *File) advance(offset int64) {
	n := min(offset, tailLength)
	e.tail = make([]byte, n)
	if read, err := e.file.ReadAt(e.tail, offset-n); err != nil && read < int(n) {
		e.tail = nil
	}
	e.offset = offset
}
