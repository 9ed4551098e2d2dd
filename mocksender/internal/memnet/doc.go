// Package memnet is a network inside the process: listeners, a dialler and
// byte streams with deadlines, half-close and reset, made of locks and timers
// alone. Nothing in it is real I/O, so inside a testing/synctest bubble a
// blocked read or write lets virtual time pass; a day of retries takes
// milliseconds.
//
// It imports the standard library only, and not testing, so that any package's
// tests may use it.
package memnet
