package mocksendertest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/mocksendertest"
)

// reference serves the reference receiver, which fetches its key from fake.
func reference(t testing.TB, fake *mocksendertest.Fake) (url string, rc *receivers.Receiver) {
	t.Helper()
	return flawed(t, fake, "")
}

func flawed(t testing.TB, fake *mocksendertest.Fake, name string) (url string, rc *receivers.Receiver) {
	t.Helper()
	c := receivers.Config{KeyURL: fake.KeyURL(), Client: fake.Client()}
	rc = receivers.Reference(c)
	if name != "" {
		var err error
		rc, err = receivers.Flawed(name, c)
		assert.NilError(t, err)
	}
	t.Cleanup(rc.Close)
	return fake.Serve(rc), rc
}

func status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// recorder is a test that may fail without anybody minding.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
	log      mocklog
}

type mocklog []byte

func (l *mocklog) Write(p []byte) (int, error) {
	*l = append(*l, p...)
	return len(p), nil
}

func (r *recorder) Helper()                  {}
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Error(args ...any)        { r.errors = append(r.errors, fmt.Sprint(args...)) }

type fatal struct{}

func (r *recorder) Fatalf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
	panic(fatal{})
}

func (r *recorder) FailNow() { panic(fatal{}) }

// finish does what the end of a test does.
func (r *recorder) finish() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

// during runs f, which may end the test.
func (r *recorder) during(f func()) (ended bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, ended = v.(fatal); !ended {
				panic(v)
			}
		}
	}()
	f()
	return false
}

func (r *recorder) Output() io.Writer { return &r.log }
