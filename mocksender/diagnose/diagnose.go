package diagnose

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Case is what a receiver had in hand when it refused a delivery.
type Case struct {
	// Body is what was verified, byte for byte.
	Body []byte
	// Signature is the header's value. It is used where Header is nil.
	Signature string
	// Header is the request's header, in any spelling: the signature is looked
	// up in it.
	Header http.Header
	// Key is what the receiver verifies with. It is required.
	Key Key
	// Others are further keys that the signature may be by.
	Others []Key
	// Known are other bodies that the signature may belong to.
	Known []Known
}

// Known is a body that was signed on another occasion.
type Known struct {
	Name string // for people
	Body []byte
}

// Report is what Diagnose found.
type Report struct {
	// Valid says that nothing is wrong: the signature verifies as it stands.
	Valid bool
	// Findings are what is wrong, the decisive ones first. Where all of them
	// are proved and Explained is true, the signature verifies once they are
	// undone.
	Findings []Finding
	// Explained says that the findings explain the failure completely.
	Explained bool
	// Fingerprint is that of the key that was given, SignedBy that of the key
	// that made the signature; empty: not known.
	Fingerprint string
	SignedBy    string
	// BodySHA256 and SignedSHA256 are the digests of the body that was given
	// and of what was signed, in hex; the latter is empty where it is not
	// known, or was not SHA-256.
	BodySHA256   string
	SignedSHA256 string
	// Signed is what was signed, where that could be found out. It shares
	// memory with the Case where it is the body.
	Signed []byte
}

// Diagnose says whether the signature of c verifies and, if not, why. Time and
// memory are bounded by the size of c and a few megabytes. The error, which
// matches rtk.ErrKey, means that c has no key.
func Diagnose(c Case) (Report, error) {
	if c.Key.Public == nil {
		return Report{}, fmt.Errorf("diagnose: %w: there is none", rtk.ErrKey)
	}
	return diagnose(c), nil
}

func diagnose(c Case) Report {
	sum := sha256.Sum256(c.Body)
	r := Report{BodySHA256: hex.EncodeToString(sum[:]), Fingerprint: c.Key.fingerprint()}
	for _, id := range c.Key.Spelling {
		r.add(id, "")
	}
	value, ok := r.locate(c)
	if !ok {
		return r
	}
	if len(r.Findings) == 0 && rtk.Verify(c.Key.Public, c.Body, value) == nil {
		r.Valid, r.Explained = true, true
		r.SignedBy, r.SignedSHA256, r.Signed = r.Fingerprint, r.BodySHA256, c.Body
		return r
	}
	reading, ok := read(value, c)
	if !ok {
		r.add(SignatureNotBase64, fmt.Sprintf("found %.60q", value))
		return r
	}
	for _, id := range reading.spelling {
		r.add(id, "")
	}
	if reading.claim == nil {
		r.unclaimed(c, reading.raw)
		return r
	}
	r.claimed(c, reading)
	return r
}

func (r *Report) add(id ID, detail string) {
	r.Findings = append(r.Findings, finding(id, detail))
}

// claimed explains a signature that is known to be one, and by which key.
func (r *Report) claimed(c Case, reading reading) {
	claim, by := reading.claim, reading.by
	r.SignedBy = by.fingerprint()
	if !sameKey(by.Public, c.Key.Public) {
		r.add(KeyWrong, fmt.Sprintf("the key given is %s; the signature is by %s (%s)", r.Fingerprint, r.SignedBy, by.Name))
	}
	if claim.diagnosis != "" {
		r.add(claim.diagnosis, claim.detail)
	}
	if claim.isSHA256() {
		r.SignedSHA256 = hex.EncodeToString(claim.digest)
	}
	s := search{match: claim.matches, body: c.Body, uuid: uuidOf(c.Header), known: c.Known}
	found := s.run()
	if found == nil {
		r.unexplained(c)
		return
	}
	r.Signed = found.signed
	r.Findings = append(r.Findings, found.findings...)
	r.Explained = true
	// A signature that a later finding explains is valid only as it stands.
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return rank(a.ID) - rank(b.ID) })
}

// rank puts what keeps everything else from mattering first.
func rank(id ID) int {
	if id == KeyWrong {
		return 0
	}
	return 1
}

// unclaimed explains what is no signature by any of the keys.
func (r *Report) unclaimed(c Case, raw []byte) {
	if id, detail := shortSum(c, raw); id != "" {
		r.add(id, detail)
		return
	}
	if want := c.Key.Public.Size(); len(raw) != want {
		r.add(SignatureLength, fmt.Sprintf("it has %d bytes, want %d for this key of %d bits", len(raw), want, c.Key.Public.N.BitLen()))
		return
	}
	r.add(KeyWrong, "the key given is "+r.Fingerprint)
}

// unexplained says what the body gives reason to suspect, where no mishap
// leads to the bytes that were signed.
func (r *Report) unexplained(c Case) {
	if len(c.Body) == 0 {
		r.add(BodyEmpty, "")
		return
	}
	r.Findings = append(r.Findings, suspicions(c.Body)...)
	detail := ""
	if r.SignedSHA256 != "" {
		detail = "SHA-256 of the body given: " + r.BodySHA256 + "; of what was signed: " + r.SignedSHA256
	}
	r.add(BodyChanged, detail)
}

func sameKey(a, b *rsa.PublicKey) bool { return a != nil && b != nil && a.Equal(b) }
