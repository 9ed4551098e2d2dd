// Package selftest judges the suite: it runs every check against receivers with a
// known verdict. The reference receiver and the benign twins must pass. Each
// flawed receiver must be caught by the checks that it lists and by no others.
// What is not a receiver must never come out conformant.
//
// A rule may enter if a wrong verdict of the suite breaks it. The receivers
// themselves are in the package receivers, with what they list.
package selftest
