package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/schemas"
)

// Call is one request for an operation.
type Call struct {
	*http.Request
	// Key names the app; AppID is empty where the operation is of an account.
	Key platform.Key

	w     http.ResponseWriter
	api   *api
	op    Operation
	query url.Values // checked
}

func (c *Call) platform() *platform.Platform { return c.api.o.Platform }

func (c *Call) do() (any, error) {
	if c.op.Do == nil {
		return nil, jsonapi.Errorf(http.StatusNotImplemented, "%s is not built in rtkmock; the real service has it: %s", c.op.ID, c.op.Doc())
	}
	d, err := document()
	if err != nil {
		return nil, err
	}
	c.query = c.URL.Query()
	if err := d.checkQuery(c.op.ID, c.query); err != nil {
		return nil, err
	}
	return c.op.Do(c)
}

// decode reads the body into v, once it is what the document says.
func (c *Call) decode(v any) error {
	d, err := document()
	if err != nil {
		return err
	}
	body, err := jsonapi.ReadAll(c.w, c.Request)
	if err != nil {
		return err
	}
	// A body that may be left out counts as an empty one.
	if text := strings.TrimSpace(string(body)); text == "" && !d.operations[c.op.ID].RequestBody.Required {
		body = []byte("{}")
	} else if text == "" {
		return jsonapi.Invalid("found no body, want a JSON object")
	}
	if err := d.schemas.Validate(d.bodyPointer(c.op.ID), body); err != nil {
		return badBody(err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return jsonapi.Invalid("the body does not fit: %s", err)
	}
	return nil
}

// Decode reads the body, a JSON object, into v. Members that v does not have are
// ignored.
func (c *Call) Decode(v any) error { return jsonapi.Read(c.w, c.Request, v, false) }

// badBody says what is wrong with a body in one line.
func badBody(err error) error {
	e := new(schemas.Error)
	if !errors.As(err, &e) || len(e.Problems) == 0 {
		return err
	}
	return jsonapi.Invalid("%s", strings.TrimPrefix(strings.Replace(e.Problems[0].String(), "$: ", "the body: ", 1), "$."))
}

// time returns a time of the query, zero if it is not given.
func (c *Call) time(name string) time.Time {
	t, _ := parseTime(c.query.Get(name)) // checked
	return t
}

// descending reports what sort_order asks for, with otherwise where it is not
// given.
func (c *Call) descending(otherwise bool) bool {
	switch c.query.Get("sort_order") {
	case "ASC":
		return false
	case "DESC", "DSC":
		return true
	}
	return otherwise
}

// success is an answer.
type success struct {
	Success bool    `json:"success"`
	Data    any     `json:"data"`
	Paging  *paging `json:"paging,omitempty"`
}

// paging says which part of a list an answer has, counted from 1.
type paging struct {
	TotalCount  int `json:"total_count"`
	StartOffset int `json:"start_offset"`
	EndOffset   int `json:"end_offset"`
}

// Answer puts data into the envelope of all answers.
func Answer(data any) any { return success{Success: true, Data: data} }

// defaultPage is how many entries a page has if per_page does not say.
const defaultPage = 20

// page returns the part of a list that the query asks for.
func (c *Call) page() platform.Page {
	size, number := defaultPage, 1
	_ = json.Unmarshal([]byte(c.query.Get("per_page")), &size) // checked, or missing
	_ = json.Unmarshal([]byte(c.query.Get("page_no")), &number)
	return platform.Page{Offset: (number - 1) * size, Limit: size}
}

// list is a page as an answer. wrap puts the entries into data; nil: they are it.
func list[T any](c *Call, entries []T, total int, wrap func([]T) any) any {
	p := &paging{TotalCount: total}
	if len(entries) > 0 {
		p.StartOffset = c.page().Offset + 1
		p.EndOffset = c.page().Offset + len(entries)
	}
	var data any = entries
	if wrap != nil {
		data = wrap(entries)
	}
	return success{true, data, p}
}

// pageOf cuts the page out of a whole list, the oldest entry first.
func pageOf[T any](c *Call, all []T) []T {
	page := c.page()
	from := min(page.Offset, len(all))
	return append([]T{}, all[from:min(len(all), from+page.Limit)]...)
}
