// Command client fetches a URL with Go's default client, or with a transport
// that asks the environment for no proxy, and prints the answer.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	client := &http.Client{Timeout: 10 * time.Second}
	if os.Args[1] == "own-transport" {
		client.Transport = &http.Transport{}
	}
	res, err := client.Get(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer res.Body.Close()
	_, _ = io.Copy(os.Stdout, res.Body)
}
