// Package schemas holds the JSON Schemas (2020-12) of the events, of the key
// document and of rtkmock's own files, and validates against them.
//
// Two readings are kept apart: Open is how the guide and practice may look,
// Strict is what rtkmock generates. The schemas are embedded and compiled on
// first use; nothing is ever fetched. What a schema cannot say, the order of
// times, is said in Go by CheckTimes. A new NAME.schema.json in this folder is
// found by itself; its $id is the folder's prefix and the file's name, and its
// root states a type. The package imports the standard library and jsonschema,
// of which it is the only importer, and prints nothing.
package schemas
