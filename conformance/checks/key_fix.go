package checks

import (
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// maxFaultFixes is how many ways to fail may be left, and they are named one by one.
const maxFaultFixes = 2

// adviseOn replaces the remedy of a check that a target violates under some faults of the
// key endpoint and not under others: it copes with most of it already, and what is left
// is named. begin is how the remedy begins.
func adviseOn(p *conformance.Probe, begin string, bad, good []*keyoutage.Outage) {
	var fixes []string
	for _, o := range bad {
		if fix := faultFix(o.Fault); !slices.Contains(fixes, fix) {
			fixes = append(fixes, fix)
		}
	}
	if len(good) > 0 && len(fixes) > 0 && len(fixes) <= maxFaultFixes {
		p.Advise(begin + strings.Join(fixes, ", and ") + ".")
	}
}

// faultFix says how to notice that what was fetched under f is no key.
func faultFix(f wellknown.Fault) string {
	switch f {
	case wellknown.Status500:
		return "take a key document with another status than 200 for a fetch that failed"
	case wellknown.Hang:
		return "bound the time of the fetch (AbortSignal.timeout(2000)), and catch what it throws"
	case wellknown.HTML:
		return "catch what reading the document as JSON throws"
	case wellknown.EmptyData, wellknown.EmptyKey:
		return "take a document without text at data.publicKey for a fetch that failed"
	case wellknown.SuccessFalse:
		return "take a document whose success is false for a fetch that failed"
	case wellknown.BadPEM:
		return "import the key where a failed fetch is caught, and catch what that throws"
	case wellknown.ECKey:
		return `look at the key's type once it is imported, which has to be RSA (key.asymmetricKeyType === "rsa" in Node, isinstance(key, RSAPublicKey) in Python, *rsa.PublicKey in Go)`
	}
	return "catch what the fetch throws"
}
