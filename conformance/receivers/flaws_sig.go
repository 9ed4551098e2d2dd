package receivers

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // a digest of any-digest
	"crypto/sha256"
	_ "crypto/sha512" // two more of them
	"encoding/base64"
	"errors"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// unverified are the checks that fall where a well-formed signature is taken
// on trust. A receiver that lets another key's signature in lets all of them
// in: to know that one from the others, it would have to verify.
const unverified = `sig/other-key sig/tampered-byte sig/other-event sig/reserialized-tamper
	sig/truncated sig/zero-bytes sig/integer-edge sig/hmac-with-public-key sig/key-from-request
	sig/other-digest sig/pss sig/padding key/fail-open`

// unread are the checks that fall, beside those, where the header is not even
// read.
const unread = unverified + ` sig/garbage-base64 sig/duplicate-header sig/base64-leniency`

// headerFlaws go wrong before or after the RSA.
func headerFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "accepts-missing-header",
			Doc:   "Verifies if there is a signature, and goes on if there is none: \"if (signature && !verify(…)) return 401\".",
			Kills: ids("sig/missing-header sig/effect-before-verify"),
			twist: letting(errMissing),
		},
		{
			Name:  "accepts-empty-header",
			Doc:   "Refuses a missing header, and skips the verification of an empty one.",
			Kills: ids("sig/empty-header"),
			twist: letting(errEmpty),
		},
		{
			Name:  "verify-result-ignored",
			Doc:   "Calls verify and does not look at what it returns: in Node, crypto.verify returns false and does not throw.",
			Kills: ids(unverified, "sig/effect-before-verify key/rotation-old"),
			twist: letting(errForged, errLength),
		},
		{
			Name:  "verdict-remembered-by-signature",
			Doc:   "Remembers by signature which verifications went well, to save the RSA: a signature that was good once is good for any body.",
			Kills: ids("sig/other-event"),
			twist: rememberVerdicts,
		},
		{
			Name:  "errors-pass",
			Doc:   "Lets a delivery in when verifying throws instead of returning false: signatures of the wrong length, and no Base64. Java's Signature.verify throws, and a catch block that only logs goes on.",
			Kills: ids("sig/truncated sig/garbage-base64 sig/hmac-with-public-key sig/padding sig/effect-before-verify sig/base64-leniency"),
			twist: letting(errBase64, errLength),
		},
		{
			Name:  "minus-one-is-true",
			Doc:   "Takes every result but 0 for a yes: openssl_verify in PHP returns -1 on an error, as after a base64_decode that failed.",
			Kills: ids("sig/garbage-base64 sig/effect-before-verify sig/base64-leniency"),
			twist: letting(errBase64),
		},
		{
			Name:  "list-of-headers-skips",
			Doc:   "The framework hands a repeated header out as a list, and only a string is verified.",
			Kills: ids("sig/duplicate-header"),
			twist: letting(errRepeated),
		},
		{
			Name:  "waves-old-keys-through",
			Doc:   "Takes a shorter signature for one of an older, smaller key, which it cannot check, and lets it pass for compatibility.",
			Kills: ids("sig/truncated"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				if n := len(signature); n >= 64 && n < pub.Size() {
					return nil
				}
				return pkcs1SHA256(pub, signed, signature)
			}),
		},
	}
}

// rememberVerdicts looks a signature up before it verifies it.
func rememberVerdicts(b *behaviour) {
	var mu sync.Mutex
	good := map[string]bool{}
	next := b.authenticate
	b.authenticate = func(x *exchange) error {
		value := x.signature()
		mu.Lock()
		known := good[value]
		mu.Unlock()
		if known {
			return nil
		}
		err := next(x)
		if err == nil {
			mu.Lock()
			good[value] = true
			mu.Unlock()
		}
		return err
	}
}

// schemeFlaws take other schemes than the guide's as well.
func schemeFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "hmac-as-well",
			Doc:   "Also accepts an HMAC keyed with what it has as key, the public PEM: the algorithm confusion known from JWT libraries.",
			Kills: ids("sig/hmac-with-public-key"),
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					err := next(x)
					if errors.Is(err, rtk.ErrSignature) && b.hasMAC(x) {
						return nil
					}
					return err
				}
			},
		},
		{
			Name:  "any-digest",
			Doc:   "Tries one digest after the other until one fits, SHA-1 included.",
			Kills: ids("sig/other-digest"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA384, crypto.SHA512} {
					sum := h.New()
					sum.Write(signed)
					if rsa.VerifyPKCS1v15(pub, h, sum.Sum(nil), signature) == nil {
						return nil
					}
				}
				return pkcs1SHA256(pub, signed, signature)
			}),
		},
		{
			Name:  "pss-as-well",
			Doc:   "Accepts either padding, because its author was not sure which one is right.",
			Kills: ids("sig/pss"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				digest := sha256.Sum256(signed)
				if rsa.VerifyPSS(pub, crypto.SHA256, digest[:], signature, nil) == nil {
					return nil
				}
				return pkcs1SHA256(pub, signed, signature)
			}),
		},
		{
			Name:  "lenient-base64",
			Doc:   "Decodes as Node's Buffer does: white space, missing padding and the URL alphabet are all the same to it.",
			Kills: ids("sig/base64-leniency"),
			twist: func(b *behaviour) { b.decode = lenientBase64 },
		},
	}
}

// hasMAC reports whether the signature header is the HMAC of the body.
func (b *behaviour) hasMAC(x *exchange) bool {
	pub, err := b.keys(x).current(x.ctx)
	if err != nil {
		return false
	}
	mac, err := macWith(pub, x.body)
	if err != nil {
		return false
	}
	value := x.signature()
	signature, _ := base64.StdEncoding.DecodeString(value)
	return macMatches(mac, value, signature)
}

func lenientBase64(value string) ([]byte, error) {
	value = strings.NewReplacer("-", "+", "_", "/").Replace(strings.Join(strings.Fields(value), ""))
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil {
		return nil, errBase64
	}
	return raw, nil
}
