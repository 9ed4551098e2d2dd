package mutation

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // the digest of signature/sha1
	"crypto/sha256"
	_ "crypto/sha512" // the digest of signature/sha512
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// keySource returns the attacker's key.
type keySource func() (*rsa.PrivateKey, error)

func (key keySource) sign(body []byte) (string, error) {
	k, err := key()
	if err != nil {
		return "", err
	}
	return rtk.Sign(k, body)
}

// forgedMutations are signatures that only a verifier which skips or mixes up
// a step lets pass.
func forgedMutations(attacker keySource) []Mutation {
	return []Mutation{
		resigned("signature/other-key",
			"A well-made signature by another RSA key: what an attacker with a key pair can send.",
			func(w *Wire) (string, error) { return attacker.sign(w.Body) }),
		resigned("signature/truncated",
			"The first half of the genuine signature's bytes: passes where lengths or errors are not checked.",
			func(w *Wire) (string, error) {
				raw, err := rawSignature(w)
				return encode(raw[:len(raw)/2]), err
			}),
		resigned("signature/zero-bytes",
			"256 zero bytes: a buffer that nobody filled.",
			func(*Wire) (string, error) { return encode(make([]byte, 256)), nil }),
		resigned("signature/garbage-base64",
			"\"!!!not-base64!!!\": decoding fails, which must end in a refusal and not in a crash.",
			func(*Wire) (string, error) { return "!!!not-base64!!!", nil }),
		resigned("signature/hmac-hex",
			"HMAC-SHA256 in hex, keyed with the public key's PEM: passes where the verifier takes the public key for a shared secret.",
			func(w *Wire) (string, error) {
				mac, err := macOf(w)
				return hex.EncodeToString(mac), err
			}),
		resigned("signature/hmac-base64",
			"HMAC-SHA256 in Base64, keyed with the public key's PEM: passes where the verifier takes the public key for a shared secret.",
			func(w *Wire) (string, error) {
				mac, err := macOf(w)
				return encode(mac), err
			}),
	}
}

// integerMutations are the edge values of the integer that an RSA signature
// is, each as long as the modulus.
func integerMutations() []Mutation {
	edge := func(id, doc string, value func(n *big.Int) *big.Int) Mutation {
		return resigned(id, doc, func(w *Wire) (string, error) {
			return encode(value(w.Key.N).FillBytes(make([]byte, w.Key.Size()))), nil
		})
	}
	return []Mutation{
		edge("signature/zero", "The integer 0, which every key maps to itself.",
			func(*big.Int) *big.Int { return new(big.Int) }),
		edge("signature/one", "The integer 1, which every key maps to itself.",
			func(*big.Int) *big.Int { return big.NewInt(1) }),
		edge("signature/modulus", "The key's modulus, which is out of range and counts as 0 where that is not checked.",
			func(n *big.Int) *big.Int { return n }),
		edge("signature/above-modulus", "The key's modulus plus 2, which is out of range and counts as 2 where that is not checked.",
			func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(2)) }),
	}
}

// repeatedMutations send the signature header twice.
func repeatedMutations(attacker keySource) []Mutation {
	twice := func(id, doc string, values func(good, bad string) []string) Mutation {
		return Mutation{ID: id, Doc: doc, Apply: func(w *Wire) error {
			bad, err := attacker.sign(w.Body)
			if err != nil {
				return err
			}
			w.SetSignature(values(w.Signature(), bad)...)
			return nil
		}}
	}
	return []Mutation{
		twice("signature/two-bad", "Two signature lines, neither of them genuine: another key's, and 256 zero bytes.",
			func(_, bad string) []string { return []string{bad, encode(make([]byte, 256))} }),
		twice("signature/bad-then-good", "Two signature lines, another key's before the genuine one: shows which of them is used.",
			func(good, bad string) []string { return []string{bad, good} }),
		twice("signature/good-then-bad", "Two signature lines, another key's after the genuine one: shows which of them is used.",
			func(good, bad string) []string { return []string{good, bad} }),
	}
}

// schemeMutations are made with the genuine key, by another scheme than
// "RSA-SHA256". No forger can make these.
func schemeMutations() []Mutation {
	signed := func(id, doc string, h crypto.Hash, sign func(key *rsa.PrivateKey, digest []byte) ([]byte, error)) Mutation {
		return resigned(id, doc, func(w *Wire) (string, error) {
			sum := h.New()
			sum.Write(w.Body)
			raw, err := sign(w.Key, sum.Sum(nil))
			return encode(raw), err
		})
	}
	v15 := func(h crypto.Hash) func(*rsa.PrivateKey, []byte) ([]byte, error) {
		return func(key *rsa.PrivateKey, digest []byte) ([]byte, error) {
			return rsa.SignPKCS1v15(rand.Reader, key, h, digest)
		}
	}
	return []Mutation{
		signed("signature/sha1", "The genuine key, PKCS #1 v1.5 with SHA-1 in place of SHA-256.", crypto.SHA1, v15(crypto.SHA1)),
		signed("signature/sha512", "The genuine key, PKCS #1 v1.5 with SHA-512 in place of SHA-256.", crypto.SHA512, v15(crypto.SHA512)),
		signed("signature/pss", "The genuine key with SHA-256, padded by PSS in place of PKCS #1 v1.5.", crypto.SHA256,
			func(key *rsa.PrivateKey, digest []byte) ([]byte, error) {
				return rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest, nil)
			}),
	}
}

// spellingMutations write the genuine signature in another way than standard
// Base64.
func spellingMutations() []Mutation {
	respelt := func(id, doc string, change func(string) string) Mutation {
		return resigned(id, doc, func(w *Wire) (string, error) {
			if _, err := rawSignature(w); err != nil {
				return "", err
			}
			now := change(w.Signature())
			if now == w.Signature() {
				return "", fmt.Errorf("this signature has no other spelling of that kind: %w", ErrNotApplicable)
			}
			return now, nil
		})
	}
	return []Mutation{
		respelt("signature/padded-space", "The genuine signature with a space after its first and before its last four characters.",
			func(s string) string {
				if len(s) < 8 {
					return s
				}
				return s[:4] + " " + s[4:len(s)-4] + " " + s[len(s)-4:]
			}),
		respelt("signature/unpadded", "The genuine signature without its final \"=\" signs.",
			func(s string) string { return strings.TrimRight(s, "=") }),
		respelt("signature/url-alphabet", "The genuine signature in the URL-safe alphabet: - for + and _ for /.",
			func(s string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(s) }),
		respelt("signature/hex", "The genuine signature in hex.",
			func(s string) string {
				raw, _ := base64.StdEncoding.DecodeString(s)
				return hex.EncodeToString(raw)
			}),
	}
}

// resigned is a mutation that sets the signature to what value returns.
func resigned(id, doc string, value func(*Wire) (string, error)) Mutation {
	return Mutation{ID: id, Doc: doc, Apply: func(w *Wire) error {
		signature, err := value(w)
		if err != nil {
			return err
		}
		w.SetSignature(signature)
		return nil
	}}
}

func encode(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// rawSignature returns the bytes of the signature that w carries.
func rawSignature(w *Wire) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(w.Signature())
	if err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("the request carries no Base64 signature: %w", ErrNotApplicable)
	}
	return raw, nil
}

func macOf(w *Wire) ([]byte, error) {
	public, err := rtk.PublicPEM(&w.Key.PublicKey)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(public))
	mac.Write(w.Body)
	return mac.Sum(nil), nil
}

// paddingMutations recover a block that is nearly right, or write a genuine
// signature as a number of another length. Under a key whose exponent is 3, some
// of them can be forged (Bleichenbacher, 2006); under the usual 65537 they are
// made with the genuine key.
func paddingMutations() []Mutation {
	return []Mutation{
		reblocked("signature/short-padding",
			"The genuine key over eight bytes of padding, the right digest, and garbage up to the end of the block: passes where the digest is looked for from the front.",
			func(size int, digest []byte) []byte {
				block := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8), digest)
				return append(block, bytes.Repeat([]byte{0x5a}, size-len(block))...)
			}),
		reblocked("signature/other-padding",
			"The genuine key over a padding of other bytes than FF, and the right digest: passes where the digest is looked for from the end.",
			func(size int, digest []byte) []byte {
				return slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0x5a}, size-2-len(digest)), digest)
			}),
		lengthened("signature/leading-zero",
			"The genuine signature with a zero byte before it: the same number, and one byte too long.",
			func(s, _ *big.Int) *big.Int { return s }),
		lengthened("signature/plus-modulus",
			"The genuine signature plus the modulus: another number that recovers the same block, and is out of range.",
			func(s, n *big.Int) *big.Int { return s.Add(s, n) }),
	}
}

// digestSize is how much of a block is the zero byte after the padding, the DER
// that names SHA-256, and the digest.
const digestSize = 1 + 19 + 32

// reblocked signs another block around the same digest. build makes it from the
// size of a block in bytes and its last digestSize bytes.
func reblocked(id, doc string, build func(size int, digest []byte) []byte) Mutation {
	return resigned(id, doc, func(w *Wire) (string, error) {
		raw, err := rawSignature(w)
		if err != nil {
			return "", err
		}
		s := new(big.Int).SetBytes(raw)
		genuine := s.Exp(s, big.NewInt(int64(w.Key.E)), w.Key.N).FillBytes(raw)
		block := build(len(genuine), genuine[len(genuine)-digestSize:])
		s.SetBytes(block).Exp(s, w.Key.D, w.Key.N)
		return encode(s.FillBytes(raw)), nil
	})
}

// lengthened writes the number that change makes of the genuine signature, with
// one byte more than the modulus has.
func lengthened(id, doc string, change func(s, n *big.Int) *big.Int) Mutation {
	return resigned(id, doc, func(w *Wire) (string, error) {
		raw, err := rawSignature(w)
		if err != nil {
			return "", err
		}
		s := change(new(big.Int).SetBytes(raw), w.Key.N)
		return encode(s.FillBytes(make([]byte, w.Key.Size()+1))), nil
	})
}
