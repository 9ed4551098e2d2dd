// Package mutation changes signed requests. It holds the catalogue of named,
// reproducible changes that turn a genuine delivery into a forgery, and the
// request that they change.
package mutation
