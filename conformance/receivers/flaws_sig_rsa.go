package receivers

import (
	"bytes"
	"crypto/sha256"
	"math/big"
)

// handMadeFlaws do the RSA themselves, and leave a step out.
func handMadeFlaws() []Flaw {
	return []Flaw{
		{
			Name: "compares-what-is-left",
			Doc: "Raises the signature to the power of e by hand, drops leading zeros, and compares as many bytes as are left: none for the signature 0, one for 1. " +
				"Under a key of 2048 bits the number 0 and 256 zero bytes are the same, so sig/zero-bytes never falls without sig/integer-edge.",
			Kills: ids("sig/zero-bytes sig/integer-edge sig/padding"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				got, want := raised(pub, signature).Bytes(), encodedDigest(pub, signed)
				if len(got) > len(want) || !bytes.Equal(got, want[:len(got)]) {
					return errForged
				}
				return nil
			}),
		},
		{
			Name:  "one-means-yes",
			Doc:   "Mixes up the number that the native call recovers with its return code, where 1 is success: the signature 1 recovers 1.",
			Kills: ids("sig/integer-edge"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				if raised(pub, signature).IsInt64() && raised(pub, signature).Int64() == 1 {
					return nil
				}
				return pkcs1SHA256(pub, signed, signature)
			}),
		},
		{
			Name: "decrypts-without-comparing",
			Doc: "Decrypts the signature with the public key and takes well-formed padding for a yes: crypto.publicDecrypt in Node throws on a foreign key, but knows nothing of the body. " +
				"Any signature that the service ever made carries any body.",
			Kills: ids("sig/tampered-byte sig/other-event sig/reserialized-tamper sig/other-digest sig/padding sig/effect-before-verify"),
			twist: verifying(func(pub *key, _, signature []byte) error {
				padded := raised(pub, signature).FillBytes(make([]byte, pub.Size()))
				if !bytes.HasPrefix(padded, []byte{0, 1, 0xff, 0xff}) {
					return errForged
				}
				return nil
			}),
		},
		{
			Name:  "digest-before-garbage",
			Doc:   "Skips the padding and compares the digest that comes after it, wherever that ends: with garbage behind it, a signature under a key with exponent 3 can be made by hand (Bleichenbacher, 2006).",
			Kills: ids("sig/padding"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				if len(signature) != pub.Size() {
					return errLength
				}
				want := encodedDigest(pub, signed)
				digest := want[bytes.IndexByte(want, 0):]
				rest, framed := bytes.CutPrefix(raised(pub, signature).FillBytes(make([]byte, pub.Size())), []byte{0, 1})
				if padding := bytes.TrimLeft(rest, "\xff"); !framed || !bytes.HasPrefix(padding, digest) {
					return errForged
				}
				return nil
			}),
		},
		{
			Name:  "digest-at-the-end",
			Doc:   "Compares the last bytes of the block with the digest and does not look at what stands before them.",
			Kills: ids("sig/padding"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				if len(signature) != pub.Size() {
					return errLength
				}
				digest := sha256.Sum256(signed)
				if !bytes.HasSuffix(raised(pub, signature).Bytes(), digest[:]) {
					return errForged
				}
				return nil
			}),
		},
		{
			Name:  "signature-as-number",
			Doc:   "Reads the signature as a number of any length, as BigInt and int.from_bytes do: leading zeros and multiples of the modulus give one signature many spellings.",
			Kills: ids("sig/padding"),
			twist: verifying(func(pub *key, signed, signature []byte) error {
				if !bytes.Equal(raised(pub, signature).Bytes(), encodedDigest(pub, signed)) {
					return errForged
				}
				return nil
			}),
		},
	}
}

// raised is the bare RSA operation, without the check of its range.
func raised(pub *key, signature []byte) *big.Int {
	s := new(big.Int).SetBytes(signature)
	return s.Exp(s, big.NewInt(int64(pub.E)), pub.N)
}

// encodedDigest is what a genuine signature recovers, its leading zero left
// out: the padding of PKCS #1 v1.5 around the DER of a SHA-256 digest.
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
