package mocksendertest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/rtkmock/rtkmock/mocksender/mocksendertest"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// handler is the receiver under test: it verifies with a key that it holds.
func handler(publicPEM string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, err := rtk.ParsePublicKey([]byte(publicPEM))
		if err != nil {
			http.Error(w, "no key", http.StatusInternalServerError)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || rtk.Verify(key, body, r.Header.Get(rtk.HeaderSignature)) != nil {
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// In a test, t is the *testing.T.
func Example() {
	t := new(recorder)
	defer t.finish()

	fake := mocksendertest.New(t, mocksendertest.Options{})
	url := fake.Serve(handler(fake.PublicPEM()))

	genuine := fake.Send(url, fake.Event(rtk.MeetingStarted))
	mocksendertest.Check(t, mocksendertest.Delivered(genuine))

	forged := fake.Send(url, fake.Event(rtk.MeetingStarted), "signature/other-key")
	mocksendertest.Check(t, mocksendertest.Rejected(forged))

	fmt.Println(genuine.Fate, genuine.Last().Outcome.Status)
	fmt.Println(forged.Fate, forged.Last().Outcome.Status)
	// Output:
	// delivered 204
	// failed 401
}

// A handler can be called without a network.
func ExampleFake_Request() {
	t := new(recorder)
	defer t.finish()

	fake := mocksendertest.New(t, mocksendertest.Options{})
	event := fake.Event(rtk.MeetingEnded, mocksendertest.Set("meeting.title", "Standup"))

	w := httptest.NewRecorder()
	handler(fake.PublicPEM()).ServeHTTP(w, fake.Request("https://example.com/webhook", event))
	fmt.Println(w.Code)
	// Output: 204
}
