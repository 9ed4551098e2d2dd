package wellknown_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

func Example() {
	keys := wellknown.New(rtk.GenerateKeyring())
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, keys)
	endpoint := httptest.NewServer(mux)
	defer endpoint.Close()

	for _, fault := range []wellknown.Fault{wellknown.None, wellknown.Status500, wellknown.HTML} {
		if err := keys.SetFault(fault); err != nil {
			log.Fatal(err)
		}
		resp, err := http.Get(endpoint.URL + rtk.KeyDocumentPath)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
	}

	for _, fetch := range keys.Log() {
		fmt.Println(fetch.N, fetch.Method, fetch.Fault, fetch.Status)
	}
	// Output:
	// 1 GET none 200
	// 2 GET status-500 500
	// 3 GET html 200
}

func ExampleServer_FetchesSince() {
	keys := wellknown.New(rtk.GenerateKeyring())
	endpoint := httptest.NewServer(keys)
	defer endpoint.Close()

	mark := keys.Mark()
	// Here a test would send an unsigned delivery to a receiver.
	fmt.Println("fetches:", keys.FetchesSince(mark))
	// Output: fetches: 0
}

func ExampleParseFault() {
	fault, err := wellknown.ParseFault("redirect-cross-host=https://other.example/key")
	fmt.Println(fault.Kind(), err)
	fmt.Println(fault.Doc())
	// Output:
	// redirect-cross-host <nil>
	// Redirects to another URL. Whoever controls this answer can choose it.
}

func ExampleFaults() {
	for _, fault := range wellknown.Faults() {
		fmt.Println(fault, fault.Variant())
	}
	// Output:
	// status-500 false
	// hang false
	// html false
	// empty-data false
	// empty-key false
	// success-false false
	// bad-pem false
	// ec-key false
	// down false
	// tls-refused false
	// certificate-expired false
	// certificate-other-name false
	// name-unknown false
	// pem-escaped true
	// pem-crlf true
	// redirect-cross-host true
	// oversize true
	// drip true
}
