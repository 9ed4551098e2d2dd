// Package process runs the programs that a user names: one that goes on until
// it is ended with everything that it has started itself, and commands that
// come to an end. It knows nothing of webhooks, and prints nothing.
package process
