// Package cli is the command line of rtkmock: one file per verb, and around
// them what verbs share, such as layered settings, one-line errors, exit codes
// and progress. It turns words into options of the packages below and results
// into text; it knows nothing of the protocol itself.
package cli
