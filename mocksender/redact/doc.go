// Package redact takes secrets out of whatever is shown, logged or saved: out
// of URLs, header fields, request heads, and text or bodies in which a target
// may echo them. Every room uses it, so that all outputs hide the same. It
// imports the standard library only.
package redact
