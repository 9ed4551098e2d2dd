// Package selftest judges the suite: it holds every check against receivers
// whose verdict is known beforehand. The reference receiver and the benign twins
// must pass, each flawed receiver must be caught by the checks that it lists and
// by no others, and what is no receiver at all must never come out conformant.
//
// A rule may enter if a wrong verdict of the suite breaks it; the receivers
// themselves stand in the package receivers, with what they list.
package selftest
