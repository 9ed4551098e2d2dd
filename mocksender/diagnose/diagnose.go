package diagnose

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Report is what Diagnose found.
type Report struct {
	// Valid says that nothing is wrong: the signature verifies as it stands.
	Valid bool
	// Findings are what is wrong, the most important ones first. If all of them
	// are proved and Explained is true, the signature verifies once they are
	// undone.
	Findings []Finding
	// Notes are what is right here, and a mistake in a receiver that does the same.
	Notes []Finding
	// Explained says that the findings explain the failure completely.
	Explained bool
	// Fingerprint is of the key that was given, SignedBy of the key that made
	// the signature. Empty: not known.
	Fingerprint string
	SignedBy    string
	// BodySHA256 and SignedSHA256 are the digests of the body that was given
	// and of what was signed, in hex. The second is empty if it is not known, or
	// was not SHA-256.
	BodySHA256   string
	SignedSHA256 string
	// Signed is what was signed, if that could be found out. It shares memory
	// with the Case if it is the body.
	Signed []byte
}

// Diagnose says whether the signature of c verifies and, if not, why. Time and
// memory are limited by the size of c and a few megabytes. The error matches
// rtk.ErrKey: c has no key.
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
	if c.Key.Document {
		r.Notes = append(r.Notes, finding(KeyDocument, ""))
	}
	value, problems := signatureOf(c)
	r.Findings = append(r.Findings, problems...)
	if value == "" {
		return r
	}
	if len(r.Findings) == 0 && rtk.Verify(c.Key.Public, c.Body, value) == nil {
		r.Valid, r.Explained = true, true
		r.SignedBy, r.SignedSHA256, r.Signed = r.Fingerprint, r.BodySHA256, c.Body
		return r
	}
	if c.VerifyOnly {
		return r
	}
	reading, ok := read(value, c)
	if !ok {
		r.add(SignatureNotBase64, fmt.Sprintf("found %.60q", value))
		return r
	}
	for _, id := range reading.spelling {
		r.add(id, reading.detail(id, c.Body))
	}
	if reading.claim == nil {
		r.explainRaw(c, reading)
		return r
	}
	r.explainClaim(c, reading)
	return r
}

func (r *Report) add(id ID, detail string) {
	r.Findings = append(r.Findings, finding(id, detail))
}

// explainClaim explains a signature that one of the keys has made.
func (r *Report) explainClaim(c Case, reading reading) {
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
	s := search{matches: claim.matches, body: c.Body, known: c.Known}
	s.ids, s.times = idsAndTimes(c)
	found := s.run()
	if found == nil {
		r.suspect(c)
		return
	}
	r.Signed = found.signed
	traceOrigin(found.findings, c.Body, r.Signed)
	r.Findings = append(r.Findings, found.findings...)
	r.Explained = true
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return rank(a.ID) - rank(b.ID) })
}

// rank puts a wrong key first: with it, nothing else matters.
func rank(id ID) int {
	if id == KeyWrong {
		return 0
	}
	return 1
}

// explainRaw explains what none of the keys has made.
func (r *Report) explainRaw(c Case, reading reading) {
	raw := reading.raw
	if id, detail := shortSum(c, raw); id != "" {
		f := finding(id, detail)
		if id == SignatureHMAC && len(raw) == sha256.Size {
			f.Origin = originOfHMAC(c, reading)
		}
		if f.Origin == dyteHMAC {
			for i := range r.Findings {
				r.Findings[i].Origin = "" // once is enough
			}
		}
		r.Findings = append(r.Findings, f)
		return
	}
	if want := c.Key.Public.Size(); len(raw) != want {
		r.add(SignatureLength, fmt.Sprintf("it has %d bytes, want %d for this key of %d bits", len(raw), want, c.Key.Public.N.BitLen()))
		return
	}
	r.add(KeyWrong, "the key given is "+r.Fingerprint)
}

// suspect says what the body makes likely, where no mistake leads to the bytes
// that were signed.
func (r *Report) suspect(c Case) {
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
