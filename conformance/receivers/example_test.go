package receivers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A model of a good receiver, and one that verifies what it has serialised
// itself, meet a signed body with a space in it.
func Example() {
	key, err := rtk.GenerateKey()
	if err != nil {
		panic(err)
	}
	body := `{"event": "meeting.started"}`
	signature, err := rtk.Sign(key, []byte(body))
	if err != nil {
		panic(err)
	}

	config := receivers.Config{PublicKey: &key.PublicKey}
	good := receivers.Reference(config)
	defer good.Close()
	flawed, err := receivers.Flawed("reserialises", config)
	if err != nil {
		panic(err)
	}
	defer flawed.Close()

	for _, receiver := range []*receivers.Receiver{good, flawed} {
		r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
		r.Header.Set(rtk.HeaderSignature, signature)
		r.Header.Set(rtk.HeaderUUID, "1")
		w := httptest.NewRecorder()
		receiver.ServeHTTP(w, r)
		fmt.Println(w.Code, receiver.Count("1"))
	}
	// Output:
	// 200 1
	// 401 0
}
