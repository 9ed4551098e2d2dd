package http1

import (
	"net/http"
	"time"
)

// Result is what came back for one request.
type Result struct {
	// Status is 0 if no complete response header came. Failure then says why,
	// and is nil otherwise.
	Status  int
	Failure *Failure
	// Header is the response header, bounded by header.Trim.
	Header http.Header
	Body   []byte
	// Truncated says that the response body goes on beyond Body, or that
	// reading it ended in an error or in the time-out.
	Truncated bool
	// Took is the time from the start of the request to the response header,
	// or to the failure.
	Took time.Duration
	// Reused says that the connection had carried an answer before.
	Reused bool
	// Resent says that the target closed an idle connection just as the request
	// went out on it, without a byte of an answer, so that the request was sent
	// once more on a fresh one.
	Resent bool
}
