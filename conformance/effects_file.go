package conformance

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

// Bounds of what is read of an effects file.
const (
	effectsLine   = 64 << 10  // bytes; what is longer is no line of it
	effectsUUIDs  = 1_000_000 // deliveries told apart
	effectsMark   = 64        // bytes before the place read up to, by which a file is known again
	effectsUnread = 256 << 20 // bytes at a time
)

// EffectsFile is an instrument that reads a file of JSON lines to which the
// target appends one for each effect, {"uuid":"…"} with the delivery's rtk-uuid;
// other members are ignored. Close it after the run.
//
// Lines that were there before are not counted, and a last line that is still
// being written is read later. If the file is cut short or replaced, it is read
// from its start, and a delivery has had as many effects as the old or the new
// content tells of, whichever is more. Lines that are no such objects are passed
// over: a target that is killed may leave half of one.
type EffectsFile struct {
	path string

	mu     sync.Mutex
	file   *os.File // nil until there is one
	offset int64    // of the first byte not read
	mark   []byte   // what stands before it
	skip   bool     // the line at offset began before the instrument did, or is too long
	now    map[string]int
	before map[string]int // by content that is gone
	good   int
	bad    error // about the first line that was passed over
}

// NewEffectsFile returns an instrument that reads the file at path, which need
// not be there yet.
func NewEffectsFile(path string) (*EffectsFile, error) {
	e := &EffectsFile{path: path, now: map[string]int{}, before: map[string]int{}}
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
	e.skip = len(e.mark) > 0 && !bytes.HasSuffix(e.mark, []byte("\n"))
	return e, nil
}

// Close closes the file.
func (e *EffectsFile) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil
	}
	err := e.file.Close()
	e.file = nil
	return err
}

// Key implements Effects.
func (e *EffectsFile) Key(q EffectQuery) string { return q.UUID }

// Count implements Effects.
func (e *EffectsFile) Count(_ context.Context, q EffectQuery) (int, error) {
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

func (e *EffectsFile) fail(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("conformance: effects file %s: %w", e.path, err)
}

// open opens the file, if there is one.
func (e *EffectsFile) open() error {
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

// refresh reads what has been added.
func (e *EffectsFile) refresh() error {
	if e.file == nil {
		if err := e.open(); err != nil || e.file == nil {
			return err
		}
	}
	if !e.continued() {
		e.restart()
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
	e.restart()
	if err := e.open(); err != nil || e.file == nil {
		return err
	}
	return e.read()
}

// continued reports whether the file still holds what was read of it.
func (e *EffectsFile) continued() bool {
	have := make([]byte, len(e.mark))
	n, err := e.file.ReadAt(have, e.offset-int64(len(e.mark)))
	return n == len(have) && (err == nil || errors.Is(err, io.EOF)) && bytes.Equal(have, e.mark)
}

// replaced reports whether the path leads to another file by now.
func (e *EffectsFile) replaced() (bool, error) {
	there, err := os.Stat(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // what is to take its place has yet to come
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
func (e *EffectsFile) restart() {
	for uuid, n := range e.now {
		e.before[uuid] = max(e.before[uuid], n)
	}
	clear(e.now)
	e.offset, e.mark, e.skip = 0, nil, false
}

// read takes in the lines from offset on, as far as the file goes at present.
func (e *EffectsFile) read() error {
	info, err := e.file.Stat()
	if err != nil {
		return e.fail(err)
	}
	if info.Size()-e.offset > effectsUnread {
		return fmt.Errorf("conformance: effects file %s: more than %d MB were added, want one line for each effect", e.path, effectsUnread>>20)
	}
	var buf []byte
	for e.offset < info.Size() {
		if buf == nil {
			buf = make([]byte, effectsLine)
		}
		n, err := e.file.ReadAt(buf, e.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return e.fail(err)
		}
		used := e.take(buf[:n])
		if used == 0 {
			return nil // a line that is not complete
		}
		e.advance(e.offset + int64(used))
		if len(e.now)+len(e.before) > effectsUUIDs {
			return fmt.Errorf("conformance: effects file %s: it tells of more than %d deliveries", e.path, effectsUUIDs)
		}
	}
	return nil
}

// take takes in the lines that chunk, which begins with one, holds in full. It
// returns how many bytes those were.
func (e *EffectsFile) take(chunk []byte) (used int) {
	for used < len(chunk) {
		rest := chunk[used:]
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end >= 0:
			if !e.skip {
				e.line(rest[:end], true)
			}
			e.skip = false
			used += end + 1
		case e.skip:
			return len(chunk)
		case len(rest) == effectsLine:
			e.pass(rest)
			e.skip = true // up to its end
			return len(chunk)
		case e.line(rest, false):
			return len(chunk) // complete but for the line break
		default:
			return used
		}
	}
	return used
}

// line counts one line, and reports whether it could. One that is not complete
// may become so.
func (e *EffectsFile) line(text []byte, complete bool) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return complete
	}
	var effect struct {
		UUID string `json:"uuid"`
	}
	if err := json.Unmarshal(text, &effect); err != nil || effect.UUID == "" {
		if complete {
			e.pass(text)
		}
		return false
	}
	e.good++
	e.now[effect.UUID]++
	return true
}

// pass passes over a line.
func (e *EffectsFile) pass(text []byte) {
	if e.bad == nil {
		e.bad = fmt.Errorf("conformance: effects file %s: found %.60q, want a line {\"uuid\":\"…\"} for each effect", e.path, text)
	}
}

// advance moves on to offset.
func (e *EffectsFile) advance(offset int64) {
	n := min(offset, effectsMark)
	e.mark = make([]byte, n)
	if read, err := e.file.ReadAt(e.mark, offset-n); err != nil && read < int(n) {
		e.mark = nil
	}
	e.offset = offset
}
