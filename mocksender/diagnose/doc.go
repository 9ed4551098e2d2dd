// Package diagnose reports why a signature does not verify.
//
// "Invalid signature" has some fifty usual causes, and a receiver sees none of
// them: it sees false. Diagnose takes what the receiver had (the bytes it
// verified, the header's value, the key) and undoes one mistake after the other
// until the signature fits. What it then says is proved, not guessed: an RSA
// signature shows the digest that was signed, so a candidate for the original
// bytes is either right or wrong. If no mistake explains it, Diagnose says that
// too, with what the bytes themselves make likely.
//
// Each Diagnosis of the Catalogue names the usual cause in Node, in Workers, in
// Python and in Go, and the fix. A diagnosis may enter if nothing else looks the
// same, and if it has a test.
//
// Nothing here reads files, listens or sends. The work is limited, whatever the
// input: some thousand candidates, and some megabytes of them.
package diagnose
