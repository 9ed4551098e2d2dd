// Package receivers holds webhook receivers as http.Handlers. Reference is a
// model of a good one. The flawed ones are the reference with one named bug
// each, of a kind that public receivers have. The benign twins do one thing in
// another way and are right all the same. A suite that judges receivers proves
// itself on them. A receiver may enter if one short literal describes it. The
// package knows the protocol, and nothing of how judging works.
package receivers
