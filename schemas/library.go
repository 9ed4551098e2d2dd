package schemas

import (
	"bytes"
	"embed"
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

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

//go:embed *.schema.json
var files embed.FS

// embedded is made on first use and never changes.
var embedded = sync.OnceValue(func() *library { return newLibrary(files) })

// idBase and suffix frame a schema's name in its $id. Nothing is ever fetched
// from there: the address is only a name that stays.
const (
	idBase = "https://rtkmock.github.io/rtkmock/schemas/"
	suffix = ".schema.json"
)

// strictName is the file with the definitions that narrow all others. The
// strict reading of a schema NAME enters it through a copy of that file, which
// is called NAME.strict and refers to NAME.
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
	schemas  map[schemaKey]func() (*compiled, error)
	compiled atomic.Int32 // how many compilations have begun, for tests
}

type schemaKey struct {
	name    string
	reading Reading
}

// newLibrary lists the folder. It neither reads nor compiles a schema.
func newLibrary(files fs.FS) *library {
	paths, _ := fs.Glob(files, "*"+suffix) // the pattern is well formed
	l := &library{files: files, schemas: map[schemaKey]func() (*compiled, error){}}
	for _, path := range paths {
		name := strings.TrimSuffix(path, suffix)
		l.all = append(l.all, name)
		for _, r := range []Reading{Open, Strict} {
			l.schemas[schemaKey{name, r}] = sync.OnceValues(func() (*compiled, error) { return l.compile(name, r) })
		}
	}
	slices.Sort(l.all)
	return l
}

func (l *library) validateEvent(body []byte, r Reading) (string, error) {
	doc, err := decode("", body)
	if err != nil {
		return "", err
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return "", &Error{Problems: []Problem{{Path: "$", Found: show(doc), Want: "an object"}}}
	}
	event, found := object["event"]
	name, ok := event.(string)
	if !ok || !rtk.EventType(name).Known() {
		p := Problem{Path: "$.event", Found: "nothing", Want: orList(Events(), Quote)}
		if found {
			p.Found = show(event)
		}
		return "", &Error{Problems: []Problem{p}, kind: ErrUnknownEvent}
	}
	return name, l.validateDoc(name, r, doc)
}

func (l *library) validate(name string, r Reading, body []byte) error {
	if err := l.known(name); err != nil {
		return err
	}
	doc, err := decode(name, body)
	if err != nil {
		return err
	}
	return l.validateDoc(name, r, doc)
}

// validateDoc validates a decoded body. name is known.
func (l *library) validateDoc(name string, r Reading, doc any) error {
	c, err := l.schemas[schemaKey{name, r}]()
	if err != nil {
		return err
	}
	err = c.schema.Validate(doc)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		x := explainer{schema: name, doc: doc, definitions: c.definitions()}
		return x.explain(invalid)
	default:
		return fmt.Errorf("schemas: validate %s: %w", name, err)
	}
}

// compiled is a schema and the compiler that made it.
type compiled struct {
	schema *jsonschema.Schema

	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

func (c *compiled) definitions() *definitions {
	root, _, _ := strings.Cut(c.schema.Location, "#")
	return &definitions{root: root, at: func(l location) *jsonschema.Schema {
		c.mu.Lock()
		defer c.mu.Unlock()
		// The compiler has the schema already, or makes it now.
		s, err := c.compiler.Compile(string(l))
		if err != nil {
			return nil
		}
		return s
	}}
}

func (l *library) compile(name string, r Reading) (*compiled, error) {
	l.compiled.Add(1)
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = r == Strict
	c.ExtractAnnotations = true
	c.LoadURL = l.load
	schema, err := c.Compile(address(name, r))
	if err != nil {
		return nil, fmt.Errorf("schemas: compile %s: %w", name, err)
	}
	root := schema
	if r == Strict {
		root = schema.Ref
	}
	if len(root.Types) == 0 {
		return nil, fmt.Errorf("schemas: %s holds definitions only, and nothing can be validated against it", name)
	}
	return &compiled{schema: schema, compiler: c}, nil
}

// address returns where the compiler enters the schema called name.
func address(name string, r Reading) string {
	if r == Strict {
		name += strictInfix
	}
	return idBase + name + suffix
}

// load is the compiler's only source of schemas: a file, or the strict entrance
// to one.
func (l *library) load(url string) (io.ReadCloser, error) {
	file, within := strings.CutPrefix(url, idBase)
	name, schema := strings.CutSuffix(file, suffix)
	if !within || !schema {
		return nil, fmt.Errorf("%w: %s", errRemote, url)
	}
	var data []byte
	var err error
	entered, strict := strings.CutSuffix(name, strictInfix)
	switch {
	case l.known(name) == nil:
		data, err = l.source(name)
	case strict && l.known(entered) == nil:
		data, err = l.strictEntrance(entered)
	default:
		err = fmt.Errorf("%w: %s", errRemote, url)
	}
	return io.NopCloser(bytes.NewReader(data)), err
}

// strictEntrance returns the file of strict definitions with a $ref to name at
// its root. As it is outermost, its dynamic anchors win over the others.
func (l *library) strictEntrance(name string) ([]byte, error) {
	source, err := l.source(strictName)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(source, &doc); err != nil {
		return nil, fmt.Errorf("schemas: %s: %w", strictName, err)
	}
	doc["$id"], doc["$ref"] = address(name, Strict), address(name, Open)
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("schemas: %s: %w", name, err)
	}
	return data, nil
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

func (l *library) known(name string) error {
	if _, ok := l.schemas[schemaKey{name, Open}]; !ok {
		return fmt.Errorf("%w %q, want one of %s", ErrUnknownSchema, name, strings.Join(l.names(), ", "))
	}
	return nil
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
