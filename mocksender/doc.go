// Package mocksender delivers RealtimeKit webhook events the way the real
// service does: signed, with its headers, with its retries. It answers how a
// delivery fared; whether that is good or bad is judged elsewhere.
//
// A Sender speaks HTTP/1.1 by a small client of its own rather than through
// net/http's, so that a receipt can hold the very bytes that were sent: header
// names keep their spelling, values their white space, repeated lines their
// order; a body can end too early. Nothing is sent again, followed, unpacked
// or logged behind the caller's back, an early answer wins over the write
// error it causes, and every failure has a Class and a sentence. Responses are
// parsed by net/http.
package mocksender
