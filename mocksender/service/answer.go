package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxBody bounds what is read of a request, in bytes, and bodyPatience how long
// that may take.
const (
	maxBody      = 1 << 20
	bodyPatience = 10 * time.Second
)

// apiError is an answer that says what is wrong with the request.
type apiError struct {
	status int
	text   string
}

func (e *apiError) Error() string { return e.text }

func wrong(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// statusOf returns the status and the words for an error of any kind.
func statusOf(err error) (int, string) {
	var e *apiError
	switch {
	case errors.As(err, &e):
		return e.status, e.text
	case errors.Is(err, ErrUnknown):
		return http.StatusNotFound, plain(err)
	case errors.Is(err, ErrConflict):
		return http.StatusConflict, plain(err)
	case errors.Is(err, ErrTooMany):
		return http.StatusTooManyRequests, plain(err)
	case errors.Is(err, ErrClosed):
		return http.StatusServiceUnavailable, plain(err)
	}
	return http.StatusInternalServerError, plain(err)
}

func plain(err error) string { return strings.TrimPrefix(err.Error(), "service: ") }

// failure is the form of all errors, which public consumers of the service
// show.
type failure struct {
	Success bool        `json:"success"`
	Error   failureData `json:"error"`
}

type failureData struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// fail answers with an error.
func fail(w http.ResponseWriter, err error) {
	status, text := statusOf(err)
	answer(w, status, failure{Error: failureData{status, text}})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		status = http.StatusInternalServerError
		out.Reset()
		out.WriteString(`{"success":false,"error":{"code":500,"message":"the answer could not be written as JSON"}}` + "\n")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // whoever left is not to be told
}

// readJSON reads a request's body into v, a pointer to a struct. Where strict,
// unknown members are refused.
func readJSON(w http.ResponseWriter, r *http.Request, v any, strict bool) error {
	in := http.NewResponseController(w)
	_ = in.SetReadDeadline(time.Now().Add(bodyPatience)) // a recorder has none
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = in.SetReadDeadline(time.Time{}) // what follows may take longer
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			w.Header().Set("Connection", "close")
			return &apiError{http.StatusRequestTimeout, fmt.Sprintf("the body did not come within %v", bodyPatience)}
		}
		if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
			return &apiError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", maxBody)}
		}
		return wrong("the body could not be read")
	}
	return decodeJSON(data, v, strict)
}

func decodeJSON(data []byte, v any, strict bool) error {
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 {
		return wrong("found no body, want a JSON object")
	} else if trimmed[0] != '{' {
		return wrong("the body is no JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if strict {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(v); err != nil {
		return wrong("the body does not fit: %s", jsonProblem(err))
	}
	if dec.More() {
		return wrong("the body goes on after its JSON object")
	}
	return nil
}

// jsonProblem says what a decoder found without the names of Go's types.
func jsonProblem(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		want := map[string]string{"string": "a string", "bool": "true or false", "int": "a whole number", "uint64": "a whole number", "float64": "a number"}[kind.Type.Kind().String()]
		if want == "" {
			want = map[string]string{"slice": "an array", "map": "an object", "struct": "an object"}[kind.Type.Kind().String()]
		}
		return fmt.Sprintf("%s: found %s, want %s", kind.Field, kind.Value, want)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// methods answers by method; what is not in it gets 405 in the form of the
// other errors. HEAD goes where GET does.
type methods map[string]http.HandlerFunc

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method
	if name == http.MethodHead {
		name = http.MethodGet
	}
	if h := m[name]; h != nil {
		h(w, r)
		return
	}
	allowed := m.allowed()
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	fail(w, &apiError{http.StatusMethodNotAllowed, fmt.Sprintf("method %.16s is not allowed here, want %s", r.Method, strings.Join(allowed, " or "))})
}

func (m methods) allowed() []string {
	var out []string
	for _, name := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if m[name] != nil {
			out = append(out, name)
		}
	}
	return out
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	fail(w, &apiError{http.StatusNotFound, "no such route; the key document is at " + rtk.KeyDocumentPath + ", the webhooks API under " + apiPath + ", the control API under " + controlPath})
}
