// Package stack recognises what a receiver is built with: by its command, by what it
// answers, and by the files of the working folder. It may be wrong, so what it finds
// is for hints alone.
package stack
