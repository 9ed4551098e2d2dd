// Package wellknown serves /.well-known/webhooks.json, the document that a
// receiver verifies against, as an instrument: it notes who fetched the key and
// when, and it can be told to misbehave in named ways. What a receiver should
// make of that is judged elsewhere.
package wellknown
