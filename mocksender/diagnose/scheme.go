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

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// claim is what a signature says once its key has opened it: which digest was
// signed, and how. The padding around it proves that the key made it.
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
	if c.hash == crypto.SHA256 && !c.pss {
		sum := sha256.Sum256(body)
		return bytes.Equal(sum[:], c.digest)
	}
	h := c.hash.New()
	h.Write(body)
	sum := h.Sum(nil)
	if c.pss {
		// RFC 8017, section 9.1.2, step 12.
		h.Reset()
		h.Write(make([]byte, 8))
		h.Write(sum)
		h.Write(c.salt)
		sum = h.Sum(nil)
	}
	return bytes.Equal(sum, c.digest)
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

// recoverClaim opens a signature with the public key, and returns nil if what
// comes out has no padding that the private key alone can make.
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

// openPKCS1 reads 00 01 FF … FF 00 DigestInfo digest.
func openPKCS1(em []byte) *claim {
	rest, ok := bytes.CutPrefix(em, []byte{0, 1})
	if !ok {
		return nil
	}
	payload := rest // bytes.TrimLeft takes letters, and 0xFF is none
	for len(payload) > 0 && payload[0] == 0xff {
		payload = payload[1:]
	}
	if len(rest)-len(payload) < 8 || len(payload) < 2 || payload[0] != 0 {
		return nil
	}
	payload = payload[1:]
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

// unmask takes the mask MGF1(seed) off db.
func unmask(db, seed []byte, hash crypto.Hash) {
	h := hash.New()
	for counter := uint32(0); len(db) > 0; counter++ {
		h.Reset()
		h.Write(seed)
		h.Write(binary.BigEndian.AppendUint32(nil, counter))
		for i, b := range h.Sum(nil)[:min(len(db), hash.Size())] {
			db[i] ^= b
		}
		db = db[min(len(db), hash.Size()):]
	}
}

// sumNames names the hashes whose sums are as long as n bytes.
func sumNames() map[int]string {
	return map[int]string{20: "SHA-1", 28: "SHA-224", 32: "SHA-256", 48: "SHA-384", 64: "SHA-512"}
}

// shortSum explains a value that is as long as a hash's sum.
func shortSum(c Case, raw []byte) (ID, string) {
	name := sumNames()[len(raw)]
	if name == "" {
		return "", ""
	}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if h.Size() != len(raw) {
			continue
		}
		sum := h.New()
		sum.Write(c.Body)
		if bytes.Equal(sum.Sum(nil), raw) {
			return SignatureDigestOnly, "it is the body's " + name
		}
		publicPEM, err := rtk.PublicPEM(c.Key.Public)
		for _, secret := range []string{publicPEM, publicPEM + "\n"} {
			mac := hmac.New(h.New, []byte(secret))
			mac.Write(c.Body)
			if err == nil && hmac.Equal(mac.Sum(nil), raw) {
				return SignatureHMAC, "keyed with the text of the public key"
			}
		}
	}
	return SignatureHMAC, fmt.Sprintf("it has %d bytes, as HMAC-%s has; an RSA signature by this key has %d", len(raw), name, c.Key.Public.Size())
}
