// Command catalogue writes what is derived from the list of the checks:
// conformance/CHECKS.md, the catalogue for people, and ids.txt, the ids that
// were ever given. "go generate ./..." runs it in conformance/checks; the same
// checks give the same bytes.
package main
