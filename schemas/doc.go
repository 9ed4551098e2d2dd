// Package schemas holds the JSON Schemas (2020-12) of the events, of the key
// document and of rtkmock's own files. It validates documents and explains what
// is wrong with them: where, what was found, what would be right, and what a
// misspelt word most likely means.
//
// There are two readings. Open admits what the guide and practice show, Strict
// what rtkmock generates. The schemas are embedded and compiled on first use;
// nothing is ever fetched. A schema cannot compare times, so CheckTimes does it.
//
// A new NAME.schema.json in this folder is found without a change of code. Its
// $id is the folder's prefix and the file's name, and its root states a type. A
// title, except at the root, is a phrase that can follow "want"; the strings
// among examples are offered to people who misspell one. The package is the
// only importer of jsonschema, and prints nothing.
package schemas
