// Package cli is the command line of rtkmock: the root command, its help, and how
// a call ends. Each verb is a package below it: NewCommand describes the verb and
// its flags, and run does what it says. What verbs share stands beside this
// package, in packages named after what they hold.
package cli
