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

	mu     sync.Mutex
	file   *os.File // nil while there is none
	offset int64    // of the first byte that is not read
	tail   []byte   // what stands before the offset
	line   []byte   // what is read of the line at the offset
	skip   bool     // that line is counted, or began before the run, or is too long
	now    map[string]int
	before map[string]int // counts of earlier content
	good   int
	bad    error // about the first line that was skipped
}

// OpenFile returns an instrument that reads the file at path, which need not exist
// yet.
func OpenFile(path string) (*File, error) {
	f := &File{path: path, now: map[string]int{}, before: map[string]int{}}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, f.fail(err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("conformance: effects file %s: it is no regular file", path)
	}
	if err := f.open(); err != nil || f.file == nil {
		return f, err
	}
	size, err := f.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(f.fail(err), f.Close())
	}
	f.advance(size)
	f.skip = len(f.tail) > 0 && !bytes.HasSuffix(f.tail, []byte("\n"))
	return f, nil
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// Key implements Counter.
func (f *File) Key(q Query) string { return q.UUID }

// Count implements Counter.
func (f *File) Count(_ context.Context, q Query) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refresh(); err != nil {
		return 0, err
	}
	if f.good == 0 && f.bad != nil {
		return 0, f.bad
	}
	return max(f.now[q.UUID], f.before[q.UUID]), nil
}

func (f *File) fail(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("conformance: effects file %s: %w", f.path, err)
}

// open opens the file, if there is one.
func (f *File) open() error {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return f.fail(err)
	}
	f.file = file
	return nil
}

// refresh reads what was added.
func (f *File) refresh() error {
	for {
		if f.file == nil {
			if err := f.open(); err != nil || f.file == nil {
				return err
			}
		}
		if !f.continued() {
			f.startOver()
		}
		if err := f.read(); err != nil {
			return err
		}
		replaced, err := f.replaced()
		if err != nil || !replaced {
			return err
		}
		f.file.Close()
		f.file = nil
		f.startOver()
	}
}

// continued reports whether the file still holds what was read from it.
func (f *File) continued() bool {
	have := make([]byte, len(f.tail))
	n, err := f.file.ReadAt(have, f.offset-int64(len(f.tail)))
	return n == len(have) && (err == nil || errors.Is(err, io.EOF)) && bytes.Equal(have, f.tail)
}

// replaced reports whether the path leads to another file now.
func (f *File) replaced() (bool, error) {
	there, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // its replacement does not exist yet
	}
	if err != nil {
		return false, f.fail(err)
	}
	here, err := f.file.Stat()
	if err != nil {
		return false, f.fail(err)
	}
	return !os.SameFile(here, there), nil
}

// startOver goes back to the start, and keeps what was counted.
func (f *File) startOver() {
	for uuid, n := range f.now {
		f.before[uuid] = max(f.before[uuid], n)
	}
	clear(f.now)
	f.offset, f.tail, f.line, f.skip = 0, nil, nil, false
}

// read counts the lines from the offset to the present end of the file.
func (f *File) read() error {
	info, err := f.file.Stat()
	if err != nil {
		return f.fail(err)
	}
	if info.Size()-f.offset > unreadLimit {
		return fmt.Errorf("conformance: effects file %s: more than %d MB were added, want one line for each effect", f.path, unreadLimit>>20)
	}
	chunk := make([]byte, min(info.Size()-f.offset, lineLimit))
	for f.offset < info.Size() {
		n, err := f.file.ReadAt(chunk, f.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return f.fail(err)
		}
		if n == 0 {
			return nil // it was cut short meanwhile
		}
		f.take(chunk[:n])
		f.advance(f.offset + int64(n))
		if len(f.now)+len(f.before) > uuidLimit {
			return fmt.Errorf("conformance: effects file %s: it names more than %d deliveries", f.path, uuidLimit)
		}
	}
	return nil
}

// take counts the lines that end in chunk, and keeps the beginning of the last one.
func (f *File) take(chunk []byte) {
	for text := range bytes.Lines(chunk) {
		if !f.skip {
			f.line = append(f.line, text...)
		}
		switch complete := bytes.HasSuffix(text, []byte("\n")); {
		case complete:
			f.count(true)
			f.line, f.skip = f.line[:0], false
		case len(f.line) >= lineLimit:
			f.count(true)
			f.line, f.skip = nil, true
		case f.count(false): // only the line break is missing
			f.line, f.skip = nil, true
		}
	}
}

// count counts the line, and reports whether it could. A line that is not complete may
// become an effect.
func (f *File) count(complete bool) bool {
	text := bytes.TrimSpace(f.line)
	if f.skip || len(text) == 0 {
		return false
	}
	var effect struct {
		UUID string `json:"uuid"`
	}
	if err := json.Unmarshal(text, &effect); err == nil && effect.UUID != "" {
		f.good++
		f.now[effect.UUID]++
		return true
	}
	if complete && f.bad == nil {
		f.bad = fmt.Errorf("conformance: effects file %s: found %.60q, want a line {\"uuid\":\"…\"} for each effect", f.path, text)
	}
	return false
}

// advance moves on to the offset.
func (f *File) advance(offset int64) {
	n := min(offset, tailLength)
	f.tail = make([]byte, n)
	if read, err := f.file.ReadAt(f.tail, offset-n); err != nil && read < int(n) {
		f.tail = nil
	}
	f.offset = offset
}
