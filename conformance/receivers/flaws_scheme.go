package receivers

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha1" // a digest of any-digest
	"crypto/sha256"
	_ "crypto/sha512" // two more of them
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// schemeFlaws accept signatures of other schemes than the guide's.
func schemeFlaws() []Spec {
	return []Spec{
		// These accept another scheme as well as the guide's.
		{
			Name:     "hmac-as-well",
			Doc:      "Also accepts an HMAC that is keyed with the text of the public key: the algorithm confusion known from JWT libraries.",
			CaughtBy: ids("sig/hmac-with-public-key sig/effect-before-verify"),
			change: func(p *pipeline) {
				forgiveIf(func(x *exchange, err error) bool { return errors.Is(err, rtk.ErrSignature) && p.hasMAC(x) })(p)
			},
		},
		{
			Name:     "any-digest",
			Doc:      "Tries one digest after the other until one fits, SHA-1 included.",
			CaughtBy: ids("sig/other-digest"),
			change: verifyAlso(func(pub *key, signed, signature []byte) bool {
				for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA384, crypto.SHA512} {
					sum := h.New()
					sum.Write(signed)
					if rsa.VerifyPKCS1v15(pub, h, sum.Sum(nil), signature) == nil {
						return true
					}
				}
				return false
			}),
		},
		{
			Name:     "pss-as-well",
			Doc:      "Accepts either padding, because its author was not sure which one is right.",
			CaughtBy: ids("sig/pss"),
			change: verifyAlso(func(pub *key, signed, signature []byte) bool {
				digest := sha256.Sum256(signed)
				return rsa.VerifyPSS(pub, crypto.SHA256, digest[:], signature, nil) == nil
			}),
		},
		{
			Name:     "lenient-base64",
			Doc:      "Decodes as Node's Buffer does: it accepts white space, missing padding and the URL alphabet.",
			CaughtBy: ids("sig/base64-leniency"),
			change:   func(p *pipeline) { p.decode = lenientBase64 },
		},
		// These do the RSA themselves, and leave out a step.
		{
			Name: "compares-what-is-left",
			Doc: "Raises the signature to the power of e by hand, drops leading zeros, and compares as many bytes as are left: none for the signature 0, one for 1. " +
				"Under a key of 2048 bits the number 0 and 256 zero bytes are the same, so sig/integer-edge catches whatever sig/zero-bytes catches.",
			CaughtBy: ids("sig/zero-bytes sig/integer-edge sig/padding sig/effect-before-verify"),
			change: verifyWith(func(pub *key, signed, signature []byte) bool {
				got, want := recovered(pub, signature).Bytes(), encodedDigest(pub, signed)
				return len(got) <= len(want) && bytes.Equal(got, want[:len(got)])
			}),
		},
		{
			Name:     "one-means-yes",
			Doc:      "Confuses the number that the native call recovers with its return code, where 1 is success: the signature 1 recovers 1.",
			CaughtBy: ids("sig/integer-edge sig/effect-before-verify"),
			change: verifyAlso(func(pub *key, _, signature []byte) bool {
				return recovered(pub, signature).Cmp(big.NewInt(1)) == 0
			}),
		},
		{
			Name: "decrypts-without-comparing",
			Doc: "Decrypts the signature with the public key and takes well-formed padding for a yes: crypto.publicDecrypt in Node throws on another key, but knows nothing of the body. " +
				"Any signature that the service ever made is good for any body.",
			CaughtBy: ids("sig/tampered-byte sig/other-event sig/reserialized-tamper sig/other-digest sig/padding sig/effect-before-verify"),
			change: verifyWith(func(pub *key, _, signature []byte) bool {
				return bytes.HasPrefix(recoveredBlock(pub, signature), []byte{0, 1, 0xff, 0xff})
			}),
		},
		{
			Name:     "digest-before-garbage",
			Doc:      "Skips the padding and compares the digest after it, but not where that ends. With garbage behind it, a signature under a key with exponent 3 can be made by hand (Bleichenbacher, 2006).",
			CaughtBy: ids("sig/padding"),
			change: verifyWith(func(pub *key, signed, signature []byte) bool {
				want := encodedDigest(pub, signed)
				rest, framed := bytes.CutPrefix(recoveredBlock(pub, signature), []byte{0, 1})
				digest := bytes.TrimLeft(rest, "\xff")
				return len(signature) == pub.Size() && framed && bytes.HasPrefix(digest, want[bytes.IndexByte(want, 0):])
			}),
		},
		{
			Name:     "digest-at-the-end",
			Doc:      "Compares the last bytes of the block with the digest and ignores the bytes before them.",
			CaughtBy: ids("sig/padding"),
			change: verifyWith(func(pub *key, signed, signature []byte) bool {
				digest := sha256.Sum256(signed)
				return len(signature) == pub.Size() && bytes.HasSuffix(recovered(pub, signature).Bytes(), digest[:])
			}),
		},
		{
			Name:     "signature-as-number",
			Doc:      "Reads the signature as a number of any length, as BigInt and int.from_bytes do. Leading zeros and multiples of the modulus give one signature many forms.",
			CaughtBy: ids("sig/padding"),
			change: verifyWith(func(pub *key, signed, signature []byte) bool {
				return bytes.Equal(recovered(pub, signature).Bytes(), encodedDigest(pub, signed))
			}),
		},
	}
}

// hasMAC reports whether the signature header is the HMAC of the body, in
// Base64 or in hex.
func (p *pipeline) hasMAC(x *exchange) bool {
	pub, err := p.keys(x)(x.ctx, nil)
	if err != nil {
		return false
	}
	mac := macOf(pub, x.Body)
	raw, _ := base64.StdEncoding.DecodeString(x.signature()) // no Base64 is no MAC
	return hmac.Equal(mac, raw) || x.signature() == hex.EncodeToString(mac)
}

// macOf is the HMAC of receivers that take the public key for a shared secret.
func macOf(pub *key, signed []byte) []byte {
	secret, _ := rtk.PublicPEM(pub) // what was parsed can be encoded
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(signed)
	return mac.Sum(nil)
}

func lenientBase64(value string) ([]byte, error) {
	value = strings.NewReplacer("-", "+", "_", "/").Replace(strings.Join(strings.Fields(value), ""))
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil {
		return nil, errBase64
	}
	return raw, nil
}

// recovered is the bare RSA operation, without a check of the range.
func recovered(pub *key, signature []byte) *big.Int {
	s := new(big.Int).SetBytes(signature)
	return s.Exp(s, big.NewInt(int64(pub.E)), pub.N)
}

// recoveredBlock is the same as bytes, as many as the key has.
func recoveredBlock(pub *key, signature []byte) []byte {
	return recovered(pub, signature).FillBytes(make([]byte, pub.Size()))
}

// encodedDigest is what a genuine signature recovers, without its leading zero:
// the padding of PKCS #1 v1.5 around the DER of a SHA-256 digest.
func encodedDigest(pub *key, signed []byte) []byte {
	digest := sha256.Sum256(signed)
	der := append([]byte{
		0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
	}, digest[:]...)
	out := []byte{1}
	out = append(out, bytes.Repeat([]byte{0xff}, pub.Size()-3-len(der))...)
	out = append(out, 0)
	return append(out, der...)
}
