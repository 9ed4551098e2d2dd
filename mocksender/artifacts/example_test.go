package artifacts_test

import (
	"encoding/csv"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func Example() {
	files := artifacts.New()
	mux := http.NewServeMux()
	mux.Handle("/artifacts/", http.StripPrefix("/artifacts", files))
	server := httptest.NewServer(mux)
	defer server.Close()

	// A payload contains this link, and the receiver follows it.
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

func ExampleServer_Expire() {
	files := artifacts.New()
	server := httptest.NewServer(files)
	defer server.Close()
	if err := files.Expire("token-1", time.Now().Add(-time.Minute)); err != nil {
		log.Fatal(err)
	}
	resp, err := http.Get(server.URL + artifacts.Recording.Path("token-1", "recording.mp4"))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	fmt.Println("too late:", files.Log()[0].Expired)
	// Output:
	// 403 Forbidden
	// too late: true
}

func ExampleServer_Describe() {
	files := artifacts.New()
	server := httptest.NewServer(files)
	defer server.Close()
	err := files.Describe("token-1", artifacts.Meeting{
		SessionID: "05e57591-d89e-45c9-ae44-08dc1eaad0e0",
		Start:     time.Date(2026, time.June, 3, 10, 0, 0, 0, time.UTC),
		People:    []artifacts.Person{{Name: "Mary Sue", CustomID: "user-123"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	resp, err := http.Get(server.URL + artifacts.Transcript.Path("token-1", "transcript.csv"))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	record, err := csv.NewReader(resp.Body).Read()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(record[4], "is", record[3])
	// Output:
	// Mary Sue is user-123
}
