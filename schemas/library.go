package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// idBase and suffix frame a schema's name in its $id. Nothing is ever fetched
// from there; the address is only a name that stays.
const (
	idBase = "https://rtkmock.github.io/rtkmock/schemas/"
	suffix = ".schema.json"
)

// strictName is the file whose definitions narrow all others. A schema NAME is
// read strictly by entering it through a copy of that file that is called
// NAME.strict and refers to NAME.
const (
	strictName  = "strict"
	strictInfix = "." + strictName
)

// errRemote refuses to load anything but the library's own files.
var errRemote = errors.New("schemas: not one of the embedded schemas, and nothing is fetched")

// library is a folder of schemas. It is safe for concurrent use and does not
// change, except that it remembers what it has compiled.
type library struct {
	files    fs.FS
	all      []string // names, sorted
	schemas  map[schemaKey]func() (*jsonschema.Schema, error)
	compiled atomic.Int32 // how many compilations have begun, for tests
}

type schemaKey struct {
	name    string
	reading Reading
}

// newLibrary lists the folder and neither reads nor compiles a schema.
func newLibrary(files fs.FS) (*library, error) {
	paths, err := fs.Glob(files, "*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("schemas: list: %w", err)
	}
	l := &library{files: files, schemas: map[schemaKey]func() (*jsonschema.Schema, error){}}
	for _, path := range paths {
		name := strings.TrimSuffix(path, suffix)
		l.all = append(l.all, name)
		for _, r := range []Reading{Open, Strict} {
			l.schemas[schemaKey{name, r}] = sync.OnceValues(func() (*jsonschema.Schema, error) {
				return l.compile(name, r)
			})
		}
	}
	slices.Sort(l.all)
	return l, nil
}

func (l *library) names() []string {
	events := Events()
	rank := func(name string) int {
		if i := slices.Index(events, name); i >= 0 {
			return i
		}
		return len(events)
	}
	return slices.SortedStableFunc(slices.Values(l.all), func(a, b string) int { return rank(a) - rank(b) })
}

func (l *library) known(name string) error {
	if _, ok := l.schemas[schemaKey{name, Open}]; !ok {
		return fmt.Errorf("%w %q, want one of %s", ErrUnknownSchema, name, strings.Join(l.names(), ", "))
	}
	return nil
}

func (l *library) source(name string) ([]byte, error) {
	if err := l.known(name); err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(l.files, name+suffix)
	if err != nil {
		return nil, fmt.Errorf("schemas: read %s: %w", name, err)
	}
	return data, nil
}

// address returns where the compiler enters the schema called name.
func address(name string, r Reading) string {
	if r == Strict {
		name += strictInfix
	}
	return idBase + name + suffix
}

func (l *library) compile(name string, r Reading) (*jsonschema.Schema, error) {
	l.compiled.Add(1)
	switch ok, err := l.hasInstances(name); {
	case err != nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("schemas: %s holds definitions only, and nothing can be validated against it", name)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = r == Strict
	c.LoadURL = l.load
	schema, err := c.Compile(address(name, r))
	if err != nil {
		return nil, fmt.Errorf("schemas: compile %s: %w", name, err)
	}
	return schema, nil
}

// hasInstances tells a schema of instances from a file of definitions.
func (l *library) hasInstances(name string) (bool, error) {
	source, err := l.source(name)
	if err != nil {
		return false, err
	}
	var root struct {
		Type json.RawMessage `json:"type"`
	}
	if err := json.Unmarshal(source, &root); err != nil {
		return false, fmt.Errorf("schemas: %s: %w", name, err)
	}
	return root.Type != nil, nil
}

// load is the compiler's only source of schemas.
func (l *library) load(url string) (io.ReadCloser, error) {
	data, err := l.document(url)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// document returns the schema at url, a file or a strict entrance to one.
func (l *library) document(url string) ([]byte, error) {
	file, within := strings.CutPrefix(url, idBase)
	name, schema := strings.CutSuffix(file, suffix)
	if !within || !schema {
		return nil, fmt.Errorf("%w: %s", errRemote, url)
	}
	if l.known(name) == nil {
		return l.source(name)
	}
	if entered, ok := strings.CutSuffix(name, strictInfix); ok && l.known(entered) == nil {
		return l.strictEntrance(entered)
	}
	return nil, fmt.Errorf("%w: %s", errRemote, url)
}

// strictEntrance returns the file of strict definitions with a $ref to name at
// its root. Being outermost, its dynamic anchors win over those on the way.
func (l *library) strictEntrance(name string) ([]byte, error) {
	source, err := l.source(strictName)
	if err != nil {
		return nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(source, &doc); err != nil {
		return nil, fmt.Errorf("schemas: %s: %w", strictName, err)
	}
	for key, value := range map[string]string{"$id": address(name, Strict), "$ref": address(name, Open)} {
		if doc[key], err = json.Marshal(value); err != nil {
			return nil, fmt.Errorf("schemas: %s: %w", name, err)
		}
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("schemas: %s: %w", name, err)
	}
	return data, nil
}

// validateDoc validates a decoded body. name is known.
func (l *library) validateDoc(name string, r Reading, doc any) error {
	schema, err := l.schemas[schemaKey{name, r}]()
	if err != nil {
		return err
	}
	err = schema.Validate(doc)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return newFinder(l, name, r, doc).explain(invalid)
	default:
		return fmt.Errorf("schemas: validate %s: %w", name, err)
	}
}
