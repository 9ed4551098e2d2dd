// Package corpus makes many signed requests and writes them down: the bodies of
// whole meetings, or of the notable cases of each event, signed on all cores,
// in order and in flat memory, in the forms that other tools read (HTTP, curl,
// JSON lines, HAR, vegeta, k6). Read is the way back: it takes captures, of its
// own and of other tools, apart into requests.
//
// Seed, start, key and URL fix every byte. What may enter is what turns a seed
// into requests and a request into text; nothing here sends, listens or opens a
// file.
package corpus
