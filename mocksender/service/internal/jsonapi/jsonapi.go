// Package jsonapi reads and answers requests in JSON, in the one form that the
// service's API and the control API share.
package jsonapi

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxBody bounds the body of a request, in bytes, and bodyTimeout how long its
// sender may take.
const (
	maxBody     = 1 << 20
	bodyTimeout = 10 * time.Second
)

// Error is an answer that says what is wrong with the request.
type Error struct {
	Status int
	Text   string
}

func (e *Error) Error() string { return e.Text }

// Errorf returns an Error.
func Errorf(status int, format string, args ...any) error {
	return &Error{status, fmt.Sprintf(format, args...)}
}

// Invalid returns an Error with status 400.
func Invalid(format string, args ...any) error {
	return Errorf(http.StatusBadRequest, format, args...)
}

// failure is the form of all errors. Public users of the service show it.
type failure struct {
	Success bool        `json:"success"`
	Error   failureData `json:"error"`
}

type failureData struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Status returns the status of an error: that of an Error, or 500.
func Status(err error) int {
	if e := new(Error); errors.As(err, &e) {
		return e.Status
	}
	return http.StatusInternalServerError
}

// Fail answers with an error, with its status.
func Fail(w http.ResponseWriter, err error) {
	status := Status(err)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	Answer(w, status, failure{Error: failureData{status, err.Error()}})
}

// Answer answers with v as JSON.
func Answer(w http.ResponseWriter, status int, v any) {
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
	_, _ = w.Write(out.Bytes()) // the client may have left
}

// Read reads the body of a request into v, a pointer to a struct. If strict, it
// refuses members that v does not have.
func Read(w http.ResponseWriter, r *http.Request, v any, strict bool) error {
	data, err := ReadAll(w, r)
	if err != nil {
		return err
	}
	return decode(data, v, strict)
}

// ReadAll reads the body of a request. It bounds its size, and how long its sender
// takes.
func ReadAll(w http.ResponseWriter, r *http.Request) ([]byte, error) { return ReadUpTo(w, r, maxBody) }

// ReadUpTo is ReadAll with another bound in bytes.
func ReadUpTo(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	in := http.NewResponseController(w)
	_ = in.SetReadDeadline(time.Now().Add(bodyTimeout)) // a test's recorder has none
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	_ = in.SetReadDeadline(time.Time{}) // for the connection's next request
	tooLong := new(http.MaxBytesError)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, Errorf(http.StatusRequestTimeout, "the body did not come within %v", bodyTimeout)
	case errors.As(err, &tooLong):
		return nil, Errorf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", most)
	case err != nil:
		return nil, Invalid("the body could not be read")
	}
	return data, nil
}

func decode(data []byte, v any, strict bool) error {
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 {
		return Invalid("found no body, want a JSON object")
	} else if trimmed[0] != '{' {
		return Invalid("the body is no JSON object")
	} else if !utf8.Valid(data) {
		return Invalid("the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if strict {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(v); err != nil {
		return Invalid("the body does not fit: %s", explain(err))
	}
	if dec.More() {
		return Invalid("the body goes on after its JSON object")
	}
	return nil
}

// explain says what a decoder found without the names of Go's types.
func explain(err error) string {
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch):
		kind := mismatch.Type.Kind().String()
		if name, ok := map[string]string{
			"string": "a string", "bool": "true or false", "int": "a whole number", "uint64": "a whole number",
			"float64": "a number", "slice": "an array", "map": "an object", "struct": "an object",
		}[kind]; ok {
			kind = name
		}
		field := mismatch.Field
		for { // an embedded type is no member
			embedded, rest, ok := strings.Cut(field, ".")
			if !ok || embedded == "" || !unicode.IsUpper(rune(embedded[0])) {
				break
			}
			field = rest
		}
		return fmt.Sprintf("%s: found %s, want %s", field, mismatch.Value, kind)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// Methods answers by method, and 405 to those that it does not have. HEAD is GET.
type Methods map[string]http.HandlerFunc

func (m Methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method
	if name == http.MethodHead {
		name = http.MethodGet
	}
	if h := m[name]; h != nil {
		h(w, r)
		return
	}
	allowed := slices.DeleteFunc([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		func(name string) bool { return m[name] == nil })
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	Fail(w, Errorf(http.StatusMethodNotAllowed, "method %.16s is not allowed here, want %s", r.Method, strings.Join(allowed, " or ")))
}

// CheckToken returns an error unless the request has the bearer token want. An
// empty want is any token.
func CheckToken(r *http.Request, want string) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "bearer") || token == "":
		return Errorf(http.StatusUnauthorized, "found no token, want the header Authorization: Bearer TOKEN")
	case want != "" && !equal(token, want):
		return Errorf(http.StatusUnauthorized, "the token is not the one that is asked for")
	}
	return nil
}

// equal compares secrets in a time that does not depend on them.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
