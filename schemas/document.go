package schemas

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Document is a JSON document that holds schemas, such as one of OpenAPI. It is
// safe for concurrent use. Make one with NewDocument.
type Document struct {
	name     string
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*compiled
}

// NewDocument returns the document that source is. Its name is for messages.
func NewDocument(name string, source []byte) (*Document, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.ExtractAnnotations = true
	c.LoadURL = embedded().load
	if err := c.AddResource(idBase+name, bytes.NewReader(source)); err != nil {
		return nil, fmt.Errorf("schemas: %s: %w", name, err)
	}
	return &Document{name: name, compiler: c, compiled: map[string]*compiled{}}, nil
}

// Validate reports whether body is an instance of the schema at the JSON pointer.
// Errors are those of the function Validate.
func (d *Document) Validate(pointer string, body []byte) error {
	c, err := d.compile(pointer)
	if err != nil {
		return err
	}
	doc, err := decode("", body)
	if err != nil {
		return err
	}
	err = c.schema.Validate(doc)
	if invalid := new(jsonschema.ValidationError); errors.As(err, &invalid) {
		x := explainer{doc: doc, definitions: c.definitions()}
		return x.explain(invalid)
	}
	return err
}

func (d *Document) compile(pointer string) (*compiled, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.compiled[pointer]; c != nil {
		return c, nil
	}
	schema, err := d.compiler.Compile(idBase + d.name + "#" + pointer)
	if err != nil {
		return nil, fmt.Errorf("schemas: compile %s of %s: %w", pointer, d.name, err)
	}
	d.compiled[pointer] = &compiled{schema: schema, compiler: d.compiler}
	return d.compiled[pointer], nil
}
