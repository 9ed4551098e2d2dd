// Command server serves the receiver of the Go recipe at PORT.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"example.com/app/webhook"
)

func main() {
	accept := func(context.Context, string, []byte) error { return nil }
	h := &webhook.Handler{KeyURL: os.Getenv("REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"), Client: http.DefaultClient, Accept: accept}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), h))
}
