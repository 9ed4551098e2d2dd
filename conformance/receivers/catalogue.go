package receivers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// All returns Flaws, Benign and then Degenerate.
func All() []Spec { return slices.Concat(Flaws(), Benign(), Degenerate()) }

// Flaws returns the flawed receivers, in the order of the check catalogue. The
// caller owns the slice.
func Flaws() []Spec {
	return ofKind(KindFlawed,
		controlFlaws(),
		verificationFlaws(), schemeFlaws(), bytesFlaws(), requestKeyFlaws(), rejectionFlaws(),
		keyFlaws(),
		eventFlaws(), payloadFlaws(),
		duplicateFlaws(), sequenceFlaws(),
		responseFlaws(),
		httpFlaws(),
		apiFlaws(),
	)
}

// Benign returns the twins: receivers that differ from Reference and are right
// all the same. The caller owns the slice.
func Benign() []Spec {
	return ofKind(KindTwin, responseTwins(), keyTwins(), startTwins(), workTwins(), unavailableTwins(), choosyTwins(), apiTwins())
}

// Degenerate returns what is not a webhook receiver and may still be found under
// a URL: a page of somebody else's, a proxy without a server behind it, a port
// with another protocol. The caller owns the slice.
func Degenerate() []Spec { return ofKind(KindDegenerate, degenerates()) }

func ofKind(k Kind, lists ...[]Spec) []Spec {
	all := slices.Concat(lists...)
	for i := range all {
		all[i].Kind = k
	}
	return all
}

// Catching returns the flaws that the check with this id has to catch, in the
// order of Flaws.
func Catching(id string) []Spec {
	return slices.DeleteFunc(Flaws(), func(f Spec) bool { return !f.Expects(id) })
}

// ErrUnknownFlaw is wrapped by the error of Flawed.
var ErrUnknownFlaw = errors.New("receivers: unknown flaw")

// Flawed returns a receiver with the flaw, or the benign twin, that name
// names. The error matches ErrUnknownFlaw and lists the names.
func Flawed(name string, c Config) (*Receiver, error) {
	all := All()
	names := make([]string, len(all))
	for i, f := range all {
		if names[i] = f.Name; f.Name == name {
			return f.New(c), nil
		}
	}
	return nil, fmt.Errorf("%w %q, want one of %s", ErrUnknownFlaw, name, strings.Join(names, ", "))
}
