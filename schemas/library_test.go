package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// folder returns a library of the given schemas beside the embedded common
// and strict definitions. Each gets its $id and $schema.
func folder(t *testing.T, sources map[string]string) *library {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"common", "strict"} {
		data, err := Source(name)
		assert.NilError(t, err)
		files[name+suffix] = &fstest.MapFile{Data: data}
	}
	for name, source := range sources {
		head := fmt.Sprintf(`{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":%q,`, idBase+name+suffix)
		files[name+suffix] = &fstest.MapFile{Data: []byte(head + strings.TrimPrefix(source, "{"))}
	}
	l := newLibrary(files)
	return l
}

func TestEverySchemaFileIsValidNamedAndDescribed(t *testing.T) {
	meta, err := jsonschema.Compile("https://json-schema.org/draft/2020-12/schema")
	assert.NilError(t, err)
	paths, err := filepath.Glob("*" + suffix)
	assert.NilError(t, err)
	assert.Equal(t, len(paths), len(Names()), "every file is embedded and listed")
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			source, err := Source(name)
			assert.NilError(t, err)
			onDisk, err := os.ReadFile(name + suffix)
			assert.NilError(t, err)
			assert.Equal(t, string(source), string(onDisk))
			doc, err := decode("", source)
			assert.NilError(t, err)
			assert.NilError(t, meta.Validate(doc))
			root := doc.(map[string]any)
			assert.Equal(t, root["$schema"], "https://json-schema.org/draft/2020-12/schema")
			assert.Equal(t, root["$id"], idBase+name+suffix)
			for _, keyword := range []string{"title", "description"} {
				text, _ := root[keyword].(string)
				assert.Assert(t, text != "", keyword)
			}
		})
	}
}

func TestEverySchemaOfInstancesCompiles(t *testing.T) {
	l := newLibrary(files)
	for _, name := range l.names() {
		for _, r := range []Reading{Open, Strict} {
			_, err := l.schemas[schemaKey{name, r}]()
			if name == "common" || name == strictName {
				assert.ErrorContains(t, err, name+" holds definitions only")
				continue
			}
			assert.NilError(t, err)
		}
	}
}

// The strict definitions override by name, and a name that nothing refers to
// would override nothing and be missed by nobody.
func TestStrictDefinitionsOverrideOpenOnes(t *testing.T) {
	anchors := func(name string) map[string]bool {
		source, err := Source(name)
		assert.NilError(t, err)
		var doc struct {
			Defs map[string]struct {
				Anchor string `json:"$dynamicAnchor"`
			} `json:"$defs"`
		}
		assert.NilError(t, json.Unmarshal(source, &doc))
		set := map[string]bool{}
		for _, def := range doc.Defs {
			if def.Anchor != "" {
				set[def.Anchor] = true
			}
		}
		return set
	}
	open := map[string]bool{}
	for _, name := range Names() {
		if name == strictName {
			continue
		}
		for anchor := range anchors(name) {
			open[anchor] = true
		}
	}
	assert.DeepEqual(t, anchors(strictName), open)
}

func TestEventsAreTheSchemasWithAnEvent(t *testing.T) {
	var found []string
	for _, name := range Names() {
		source, err := Source(name)
		assert.NilError(t, err)
		var doc struct {
			Properties struct {
				Event struct{ Const string }
			}
		}
		assert.NilError(t, json.Unmarshal(source, &doc))
		if doc.Properties.Event.Const != "" {
			assert.Equal(t, doc.Properties.Event.Const, name)
			found = append(found, name)
		}
	}
	assert.DeepEqual(t, found, Events())
}

func TestNewFileIsPickedUp(t *testing.T) {
	l := folder(t, map[string]string{"note": `{"type":"object","properties":{"at":{"$dynamicRef":"common.schema.json#time"}},"unevaluatedProperties":{"$dynamicRef":"common.schema.json#extra"}}`})
	assert.DeepEqual(t, l.names(), []string{"common", "note", "strict"})
	body := []byte(`{"at":"2026-06-03 10:00:00Z","more":1}`)
	assert.NilError(t, l.validate("note", Open, body))
	err := l.validate("note", Strict, body)
	assert.ErrorContains(t, err, "$.at: found")
	assert.ErrorContains(t, err, "and 1 more")
}

func TestUnknownSchema(t *testing.T) {
	_, err := Source("meeting.nope")
	assert.ErrorIs(t, err, ErrUnknownSchema)
	assert.ErrorContains(t, err, `"meeting.nope", want one of meeting.started, `)
	for _, name := range []string{"", "meeting.nope", "../schemas/common", "meeting.started.schema.json", "meeting.started.strict"} {
		assert.ErrorIs(t, Validate(name, Open, []byte("{}")), ErrUnknownSchema)
	}
	assert.ErrorContains(t, Validate("common", Open, []byte("{}")), "holds definitions only")
}

func TestNothingIsFetched(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	dialled := make(chan struct{})
	go func() {
		if conn, err := listener.Accept(); err == nil {
			conn.Close()
			close(dialled)
		}
	}()
	secret := filepath.Join(t.TempDir(), "file.schema.json")
	assert.NilError(t, os.WriteFile(secret, []byte(`{"type":"object"}`), 0o600))
	refs := []string{
		"http://" + listener.Addr().String() + "/x.schema.json",
		"file://" + secret,
		"https://rtkmock.github.io/rtkmock/schemas/gone.schema.json",
		"https://rtkmock.github.io/rtkmock/schemas/gone.strict.schema.json",
		"https://rtkmock.github.io/rtkmock/schemas/../other.schema.json",
	}
	for _, ref := range refs {
		l := folder(t, map[string]string{"far": fmt.Sprintf(`{"type":"object","$ref":%q}`, ref)})
		for _, r := range []Reading{Open, Strict} {
			err := l.validate("far", r, []byte("{}"))
			assert.ErrorIs(t, err, errRemote)
			assert.ErrorContains(t, err, "nothing is fetched: ", ref)
		}
	}
	listener.Close()
	select {
	case <-dialled:
		t.Error("the compiler dialled")
	default:
	}
}

func TestSchemasCompileOnFirstUse(t *testing.T) {
	l := newLibrary(files)
	body, err := os.ReadFile("testdata/guide/meeting.started.json")
	assert.NilError(t, err)
	l.names()
	_, err = l.source("meeting.started")
	assert.NilError(t, err)
	assert.ErrorIs(t, l.validate("meeting.started", Open, []byte("{")), ErrNotJSON)
	assert.Equal(t, l.compiled.Load(), int32(0), "names, sources and unreadable bodies need no schema")
	for range 3 {
		_, err = l.validateEvent(body, Strict)
		assert.NilError(t, err)
	}
	assert.Equal(t, l.compiled.Load(), int32(1))
	_, err = l.validateEvent(body, Open)
	assert.NilError(t, err)
	assert.Equal(t, l.compiled.Load(), int32(2), "each reading on its own")
}

// The runtime reports what the package's initialisation allocates. Compiling a
// single schema takes thousands of allocations.
func TestNothingIsCompiledAtStart(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	output, err := cmd.CombinedOutput()
	assert.NilError(t, err)
	assert.Assert(t, strings.Contains(string(output), "init runtime "), "no trace: %s", output)
	line := regexp.MustCompile(`(?m)^init github\.com/rtkmock/rtkmock/schemas .* (\d+) allocs$`).FindSubmatch(output)
	if line == nil {
		return // nothing to initialise
	}
	allocs, err := strconv.Atoi(string(line[1]))
	assert.NilError(t, err)
	assert.Assert(t, allocs < 50, "%s", line[0])
}

func TestConcurrentFirstUse(t *testing.T) {
	l := newLibrary(files)
	var wg sync.WaitGroup
	for range 4 {
		for _, event := range Events() {
			wg.Go(func() {
				body, err := os.ReadFile("testdata/guide/" + event + ".json")
				assert.Check(t, err)
				for _, r := range []Reading{Open, Strict} {
					_, err = l.validateEvent(body, r)
					assert.Check(t, err)
				}
				assert.Check(t, errors.Is(l.validate(event, Open, []byte("x")), ErrNotJSON))
				_, err = l.validateEvent([]byte(`{"event":"`+event+`"}`), Strict)
				assert.Check(t, is.ErrorContains(err, "found nothing"))
			})
		}
	}
	wg.Wait()
	assert.Equal(t, l.compiled.Load(), int32(18))
}
