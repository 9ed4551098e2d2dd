// Package mocksender delivers RealtimeKit webhook events the way the real
// service does: signed, with its headers, with its retries. It says what became
// of a delivery. Whether that is good or bad is judged elsewhere.
//
// A Sender uses an HTTP/1.1 client of its own, not that of net/http, so that a
// receipt holds the very bytes that were sent. That client sends nothing again,
// follows, unpacks and logs nothing. Every failure has a Class and a sentence.
package mocksender
