package diagnose

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha1" // for signatures that should have used SHA-256
	"crypto/sha256"
	_ "crypto/sha512" // likewise
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// claim is what a signature says once its key has opened it: which digest was
// signed, and how. The padding around the digest proves that the key made it.
type claim struct {
	hash      crypto.Hash
	digest    []byte // PKCS #1 v1.5
	salt      []byte // PSS: digest is the H of the encoding
	pss       bool
	diagnosis ID     // what is wrong with the scheme; empty: nothing
	detail    string // for it
}

func (c *claim) isSHA256() bool { return !c.pss && c.hash == crypto.SHA256 }

// matches reports whether body is what was signed.
func (c *claim) matches(body []byte) bool {
	if c.isSHA256() {
		sum := sha256.Sum256(body)
		return bytes.Equal(sum[:], c.digest)
	}
	sum := sumOf(c.hash, body)
	if c.pss {
		// RFC 8017, section 9.1.2, step 12.
		sum = sumOf(c.hash, make([]byte, 8), sum, c.salt)
	}
	return bytes.Equal(sum, c.digest)
}

func sumOf(hash crypto.Hash, parts ...[]byte) []byte {
	h := hash.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// recoverClaim opens a signature with the public key. It returns nil if what
// comes out has no padding that only the private key can make.
func recoverClaim(pub *rsa.PublicKey, raw []byte) *claim {
	s := new(big.Int).SetBytes(raw)
	if len(raw) != pub.Size() || s.Cmp(pub.N) >= 0 {
		return nil
	}
	em := new(big.Int).Exp(s, big.NewInt(int64(pub.E)), pub.N).FillBytes(make([]byte, pub.Size()))
	if c := openPKCS1(em); c != nil {
		return c
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA1, crypto.SHA384, crypto.SHA512} {
		if c := openPSS(em, pub.N.BitLen()-1, h); c != nil {
			return c
		}
	}
	return nil
}

// digestInfos are the bytes before the digest, by the hash that they name.
// RFC 8017, section 9.2, note 1.
func digestInfos() map[crypto.Hash]string {
	return map[crypto.Hash]string{
		crypto.SHA1:   "3021300906052b0e03021a05000414",
		crypto.SHA224: "302d300d06096086480165030402040500041c",
		crypto.SHA256: "3031300d060960864801650304020105000420",
		crypto.SHA384: "3041300d060960864801650304020205000430",
		crypto.SHA512: "3051300d060960864801650304020305000440",
	}
}

// openPKCS1 reads 00 01 FF … FF 00 DigestInfo digest.
func openPKCS1(em []byte) *claim {
	padded, ok := bytes.CutPrefix(em, []byte{0, 1})
	if !ok {
		return nil
	}
	padding := slices.IndexFunc(padded, func(b byte) bool { return b != 0xff })
	if padding < 8 || padded[padding] != 0 || padding == len(padded)-1 {
		return nil
	}
	payload := padded[padding+1:]
	for h, prefix := range digestInfos() {
		info, _ := hex.DecodeString(prefix) // constants, which a test decodes
		digest, ok := bytes.CutPrefix(payload, info)
		if !ok || len(digest) != h.Size() {
			continue
		}
		c := &claim{hash: h, digest: digest}
		switch h {
		case crypto.SHA256:
		case crypto.SHA1:
			c.diagnosis = SignatureSHA1
		default:
			c.diagnosis, c.detail = SignatureOtherHash, "it is "+h.String()
		}
		return c
	}
	if len(payload) == sha256.Size {
		return &claim{hash: crypto.SHA256, digest: payload, diagnosis: SignatureBare}
	}
	return nil
}

// openPSS reads the encoding of RFC 8017, section 9.1, and finds out the salt.
func openPSS(em []byte, emBits int, hash crypto.Hash) *claim {
	em = em[len(em)-(emBits+7)/8:]
	size := hash.Size()
	if len(em) < size+2 || em[len(em)-1] != 0xbc {
		return nil
	}
	db, h := bytes.Clone(em[:len(em)-size-1]), em[len(em)-size-1:len(em)-1]
	unused := 8*len(em) - emBits
	if em[0]>>(8-unused) != 0 {
		return nil
	}
	unmask(db, h, hash)
	db[0] &= 0xff >> unused
	salt := bytes.TrimLeft(db, "\x00")
	if len(salt) == 0 || salt[0] != 1 {
		return nil
	}
	return &claim{hash: hash, digest: h, salt: salt[1:], pss: true, diagnosis: SignaturePSS, detail: "with " + hash.String()}
}

// unmask removes the mask MGF1(seed) from db.
func unmask(db, seed []byte, hash crypto.Hash) {
	for counter := uint32(0); len(db) > 0; counter++ {
		for i, b := range sumOf(hash, seed, binary.BigEndian.AppendUint32(nil, counter))[:min(len(db), hash.Size())] {
			db[i] ^= b
		}
		db = db[min(len(db), hash.Size()):]
	}
}

// hashOfSize returns the usual hash with sums of n bytes, 0 if there is none.
func hashOfSize(n int) crypto.Hash {
	for h := range digestInfos() {
		if h.Size() == n {
			return h
		}
	}
	return 0
}

// shortSum explains a value that is as long as a hash's sum.
func shortSum(c Case, raw []byte) (ID, string) {
	h := hashOfSize(len(raw))
	if h == 0 {
		return "", ""
	}
	if bytes.Equal(sumOf(h, c.Body), raw) {
		return SignatureDigestOnly, "it is the body's " + h.String()
	}
	publicPEM, err := rtk.PublicPEM(c.Key.Public)
	for _, secret := range []string{publicPEM, publicPEM + "\n"} {
		mac := hmac.New(h.New, []byte(secret))
		mac.Write(c.Body)
		if err == nil && hmac.Equal(mac.Sum(nil), raw) {
			return SignatureHMAC, "keyed with the text of the public key"
		}
	}
	return SignatureHMAC, fmt.Sprintf("it has %d bytes, as HMAC-%s has; an RSA signature by this key has %d", len(raw), h, c.Key.Public.Size())
}
