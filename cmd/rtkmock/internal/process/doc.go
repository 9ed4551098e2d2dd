// Package process runs the programs that a user names: a program that goes on
// until it is ended together with everything that it has started, and commands
// that end by themselves. It knows nothing of webhooks, and prints nothing.
package process
