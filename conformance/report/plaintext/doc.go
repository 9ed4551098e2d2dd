// Package plaintext writes reports for people who read them in a terminal, and lays
// text out in columns.
package plaintext
