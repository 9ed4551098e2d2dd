// Package report holds the report of a run, and of a played scenario: a
// Document and a PlayDocument. Their JSON forms are the schemas report and
// play. New and NewPlay make them, Read reads one back, and the packages below
// this one write them in other forms. What is judged, and how, is decided in
// package conformance; nothing here changes a verdict.
//
// Secrets never enter a document: they are replaced by "(redacted)" when it is
// made. Text of a target does, as it is. Whoever writes a document escapes what
// is special in the place where that text goes.
package report
