// Package recording writes the attempts of a run to a file, reads such files,
// and sends them again. A recording is exact, so that a replay sends the bytes
// that were sent; what the caller calls secret is the exception.
package recording
