package mutation

import (
	"bytes"
	"math/big"
	"slices"
)

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
