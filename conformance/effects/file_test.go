package effects

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// effectsLog is the file that a target appends to, and its reader.
type effectsLog struct {
	t    *testing.T
	path string
	*File
}

func newEffectsLog(t *testing.T, before string) *effectsLog {
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	if before != "" {
		assert.NilError(t, os.WriteFile(path, []byte(before), 0o600))
	}
	e, err := OpenFile(path)
	assert.NilError(t, err)
	t.Cleanup(func() { assert.NilError(t, e.Close()) })
	return &effectsLog{t, path, e}
}

func (l *effectsLog) append(text string) {
	l.t.Helper()
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	assert.NilError(l.t, err)
	_, err = f.WriteString(text)
	assert.NilError(l.t, err)
	assert.NilError(l.t, f.Close())
}

func (l *effectsLog) counts(uuid string, want int, reason string) {
	l.t.Helper()
	n, err := l.Count(l.t.Context(), Query{UUID: uuid})
	assert.NilError(l.t, err, reason)
	assert.Equal(l.t, n, want, reason)
}

func effect(uuid string) string { return fmt.Sprintf("{\"uuid\":%q}\n", uuid) }

func TestEffectsFileCountsLinesByUUID(t *testing.T) {
	l := newEffectsLog(t, "")
	l.counts("a", 0, "there is no file yet")
	l.append(effect("a") + effect("b") + "\n" + `{"at":"12:00","uuid":"a","row":{"uuid":"x"}}` + "\r\n")
	l.counts("a", 2, "other members do not matter")
	l.counts("b", 1, "")
	l.counts("x", 0, "the uuid of the line alone")
	l.append(effect("b"))
	l.counts("b", 2, "what was added is read")
	l.counts("a", 2, "and the rest not again")
}

func TestEffectsFileCountsNothingFromBeforeTheRun(t *testing.T) {
	l := newEffectsLog(t, effect("a")+`{"uuid":"b`)
	l.counts("a", 0, "another run with the same seed had it")
	l.append(`c"}` + "\n" + effect("a"))
	l.counts("bc", 0, "its line began before")
	l.counts("a", 1, "")
}

func TestEffectsFileWaitsForTheRestOfALine(t *testing.T) {
	l := newEffectsLog(t, "")
	l.append(effect("a") + `{"uuid"`)
	l.counts("a", 1, "")
	l.append(`:"b"`)
	l.counts("b", 0, "half a line")
	l.append(`}`)
	l.counts("b", 1, "nothing but the line break is missing")
	l.append("\n" + effect("b"))
	l.counts("b", 2, "a line break that comes late is no line")
}

func TestEffectsFileThatIsCutShortIsReadFromItsStart(t *testing.T) {
	for _, c := range []struct{ after, reason string }{
		{effect("b"), "shorter than before"},
		{strings.Repeat(effect("filling"), 20) + effect("b"), "longer than before"},
	} {
		l := newEffectsLog(t, "")
		l.append(effect("a") + effect("a"))
		l.counts("a", 2, c.reason)
		assert.NilError(t, os.WriteFile(l.path, []byte(c.after), 0o600))
		l.counts("b", 1, c.reason)
		l.counts("a", 2, c.reason+": what has happened has happened")
		l.append(effect("a"))
		l.counts("a", 2, c.reason+": a file that is written again each time is not counted twice")
	}
}

func TestEffectsFileThatIsReplacedIsReadToItsEndAndThenTheNewOne(t *testing.T) {
	l := newEffectsLog(t, "")
	l.append(effect("a"))
	l.counts("a", 1, "")
	l.append(effect("b"))
	assert.NilError(t, os.Rename(l.path, l.path+".1"))
	l.counts("b", 1, "written before it was moved")
	l.append(effect("c"))
	l.counts("c", 1, "")
	l.counts("b", 1, "")
}

func TestEffectsFilePassesOverWhatIsNoEffect(t *testing.T) {
	l := newEffectsLog(t, "")
	l.append("started\n" + `{"id":"a"}` + "\n" + `{"uuid":1}` + "\n")
	_, err := l.Count(t.Context(), Query{UUID: "a"})
	assert.Error(t, err, `conformance: effects file `+l.path+`: found "started", want a line {"uuid":"…"} for each effect`, "nothing fits: it is the wrong file")
	l.append(`{"uuid":"tor` + effect("b") + effect("c") + strings.Repeat("z", 3*lineLimit) + "\n" + effect("d"))
	l.counts("b", 0, "its line was spoilt by a process that was killed")
	l.counts("c", 1, "")
	l.counts("d", 1, "after a line that is too long")
}

func TestEffectsFileSaysWhyItCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenFile(dir)
	assert.ErrorContains(t, err, "it is no regular file")
	_, err = OpenFile(filepath.Join(dir, "none", "effects.jsonl"))
	assert.Error(t, err, "conformance: effects file "+filepath.Join(dir, "none", "effects.jsonl")+": no such file or directory")
}

func TestEffectsFileIsReadWithinBounds(t *testing.T) {
	l := newEffectsLog(t, "")
	l.append(effect("a"))
	assert.NilError(t, os.Truncate(l.path, unreadLimit+100)) // a hole takes no room
	_, err := l.Count(t.Context(), Query{UUID: "a"})
	assert.Assert(t, is.ErrorContains(err, "more than 256 MB were added"))
}
