// Package diagnose tells why a signature does not verify.
//
// "Invalid signature" has some forty usual causes, and a receiver sees none of
// them: it sees false. Diagnose takes what the receiver had in hand (the bytes
// it verified, the header's value, the key) and undoes one mishap after the
// other until the signature fits. What it then says is proved, not guessed:
// an RSA signature gives away the digest that was signed, so a candidate for
// the original bytes is either right or wrong. Where no mishap explains it,
// that is said too, with what the bytes themselves give reason to suspect.
//
// Each Diagnosis of the Catalogue names the usual cause in Node, in Workers, in
// Python and in Go, and the mend. A diagnosis may enter if it can be told apart
// from all others, and has a test.
//
// Nothing here reads files, listens or sends. The work is bounded, whatever the
// input: some thousand candidates, and some megabytes of them.
package diagnose
