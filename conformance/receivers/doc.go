// Package receivers holds webhook receivers as http.Handlers: Reference, a
// model of a good one; flawed ones, each the reference with exactly one named
// bug of the kind that public receivers have; and benign twins, which do one
// thing otherwise and are right all the same. A suite that judges receivers
// proves itself on them. A receiver may enter if one short literal describes
// it; the package knows the protocol, and nothing of how judging works.
package receivers
