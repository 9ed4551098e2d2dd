// Package mutation changes signed requests: the named, reproducible changes
// that turn a genuine delivery into a forgery, the request that they change
// (Wire), and a proof of each change by another way than it was made.
package mutation
