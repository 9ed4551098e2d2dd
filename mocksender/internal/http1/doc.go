// Package http1 is the HTTP/1.1 client below the sender. It sends the very
// bytes that it is given: header names keep their spelling, values their white
// space, repeated lines their order; a body can end too early. It sends nothing
// again, except a request that met an idle connection as it was closed. It
// follows, unpacks and logs nothing, and prefers an early answer to the write
// error that this answer causes. Every failure has a kind and a sentence.
// net/http parses the responses.
//
// It knows requests and connections. Deliveries, signatures, retries and faults
// stay outside.
package http1
