package artifacts_test

import (
	"encoding/csv"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func Example() {
	files := artifacts.New()
	mux := http.NewServeMux()
	mux.Handle("/artifacts/", http.StripPrefix("/artifacts", files))
	server := httptest.NewServer(mux)
	defer server.Close()

	// A payload would carry this link, and a receiver follow it.
	link := server.URL + "/artifacts" + artifacts.Summary.Path("token-1", "summary.txt")
	resp, err := http.Get(link)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()

	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))
	fmt.Println("visits:", files.Visits("token-1"), files.Visits("token-2"))
	// Output:
	// 200 OK text/plain; charset=utf-8
	// visits: 1 0
}

func ExampleKind_Path() {
	server := httptest.NewServer(artifacts.New())
	defer server.Close()
	resp, err := http.Get(server.URL + artifacts.Transcript.Path("token-1", "transcript.csv"))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	record, err := csv.NewReader(resp.Body).Read()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("start:", record[0], "ms")
	fmt.Println("name: ", record[4])
	fmt.Println("text: ", record[5])
	// Output:
	// start: 1000 ms
	// name:  李明
	// text:  The release moves to Thursday.
}
