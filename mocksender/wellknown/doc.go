// Package wellknown serves /.well-known/webhooks.json, the document that a
// receiver verifies with, as an instrument. It logs who fetched the key and when,
// and it can fail in named ways. Other packages judge what a receiver does then.
package wellknown
