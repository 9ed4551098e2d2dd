package mutation

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Proof says what a mutation has made of its twin, found out another way than it
// was made.
type Proof func(key *rsa.PublicKey, twin, sent *Wire) error

// ProofOf returns the proof of a mutation of the catalogue, or nil.
func ProofOf(id string) Proof {
	return map[string]Proof{
		"body/flip-byte":        oneByteDiffers,
		"body/reindent":         sameJSON,
		"body/trailing-newline": newlineFollows,
		"uuid/missing":          absent(func(s rtk.HeaderSet) string { return s.UUID }),
		"webhook-id/missing":    absent(func(s rtk.HeaderSet) string { return s.WebhookID }),
		"signature/missing":     absent(func(s rtk.HeaderSet) string { return s.Signature }),
		"signature/empty":       values(func(_ seal, got []string) bool { return len(got) == 1 && got[0] == "" }),
		"signature/truncated": raw(func(s seal, got []byte) bool {
			return len(got) > 0 && len(got) < len(s.raw) && bytes.HasPrefix(s.raw, got)
		}),
		"signature/zero-bytes": raw(func(_ seal, got []byte) bool { return bytes.Equal(got, make([]byte, 256)) }),
		"signature/other-key":  raw(func(s seal, got []byte) bool { return len(got) >= 256 && s.verify(crypto.SHA256, got) != nil }),
		"body/other-event":     raw(func(s seal, got []byte) bool { return len(got) == s.key.Size() && s.verify(crypto.SHA256, got) != nil }),
		"signature/sha1":       raw(func(s seal, got []byte) bool { return s.verify(crypto.SHA1, got) == nil }),
		"signature/sha512":     raw(func(s seal, got []byte) bool { return s.verify(crypto.SHA512, got) == nil }),
		"signature/pss": raw(func(s seal, got []byte) bool {
			return rsa.VerifyPSS(s.key, crypto.SHA256, s.digest(crypto.SHA256), got, nil) == nil
		}),
		"signature/zero":          integer(func(*big.Int) *big.Int { return new(big.Int) }),
		"signature/one":           integer(func(*big.Int) *big.Int { return big.NewInt(1) }),
		"signature/modulus":       integer(func(n *big.Int) *big.Int { return n }),
		"signature/above-modulus": integer(func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(2)) }),
		"signature/hmac-base64":   raw(func(s seal, got []byte) bool { return hmac.Equal(got, s.mac()) }),
		"signature/hmac-hex":      values(func(s seal, got []string) bool { return len(got) == 1 && got[0] == hex.EncodeToString(s.mac()) }),
		"signature/two-bad":       verifying(false, false),
		"signature/bad-then-good": verifying(false, true),
		"signature/good-then-bad": verifying(true, false),
		"signature/garbage-base64": values(func(_ seal, got []string) bool {
			_, err := base64.StdEncoding.DecodeString(got[0])
			return err != nil
		}),
	}[id]
}

var errNotAsDeclared = errors.New("what goes out is not what it says it is")

func oneByteDiffers(_ *rsa.PublicKey, twin, sent *Wire) error {
	differ := 0
	for i := range min(len(twin.Body), len(sent.Body)) {
		if twin.Body[i] != sent.Body[i] {
			differ++
		}
	}
	return declared(differ == 1 && len(twin.Body) == len(sent.Body))
}

func sameJSON(_ *rsa.PublicKey, twin, sent *Wire) error {
	var was, is bytes.Buffer
	return declared(json.Compact(&was, twin.Body) == nil && json.Compact(&is, sent.Body) == nil && bytes.Equal(was.Bytes(), is.Bytes()))
}

func newlineFollows(_ *rsa.PublicKey, twin, sent *Wire) error {
	rest, ok := bytes.CutPrefix(sent.Body, twin.Body)
	return declared(ok && string(rest) == "\n")
}

func declared(holds bool) error {
	if !holds {
		return errNotAsDeclared
	}
	return nil
}

// absent is the proof that a header is there no more, under any set of names.
func absent(which func(rtk.HeaderSet) string) Proof {
	return func(_ *rsa.PublicKey, _, sent *Wire) error {
		for _, names := range rtk.HeadersBoth.Sets() {
			if len(header.Values(sent.Header, which(names))) > 0 {
				return errNotAsDeclared
			}
		}
		return nil
	}
}

// seal is a genuine signature, and what it is over.
type seal struct {
	key  *rsa.PublicKey
	body []byte
	raw  []byte
}

func (s seal) digest(h crypto.Hash) []byte {
	sum := h.New()
	sum.Write(s.body)
	return sum.Sum(nil)
}

func (s seal) verify(h crypto.Hash, raw []byte) error {
	return rsa.VerifyPKCS1v15(s.key, h, s.digest(h), raw)
}

// mac is the HMAC of those who take the public key for a shared secret.
func (s seal) mac() []byte {
	pem, err := rtk.PublicPEM(s.key)
	if err != nil {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(pem))
	mac.Write(s.body)
	return mac.Sum(nil)
}

// values is the proof that holds is true of what stands under each signature
// header that the twin has.
func values(holds func(s seal, got []string) bool) Proof {
	return func(key *rsa.PublicKey, twin, sent *Wire) error {
		for _, names := range rtk.HeadersBoth.Sets() {
			was := header.Values(twin.Header, names.Signature)
			if len(was) == 0 {
				continue
			}
			s := seal{key: key, body: sent.Body}
			s.raw, _ = base64.StdEncoding.DecodeString(was[0])
			got := header.Values(sent.Header, names.Signature)
			if len(got) == 0 || !holds(s, got) {
				return errNotAsDeclared
			}
		}
		return nil
	}
}

// raw is values for one signature in Base64.
func raw(holds func(s seal, got []byte) bool) Proof {
	return values(func(s seal, got []string) bool {
		b, err := base64.StdEncoding.DecodeString(got[0])
		return len(got) == 1 && err == nil && holds(s, b)
	})
}

func integer(value func(n *big.Int) *big.Int) Proof {
	return raw(func(s seal, got []byte) bool {
		return len(got) == s.key.Size() && new(big.Int).SetBytes(got).Cmp(value(s.key.N)) == 0
	})
}

// verifying is values for several signatures, which verify or do not.
func verifying(want ...bool) Proof {
	return values(func(s seal, got []string) bool {
		if len(got) != len(want) {
			return false
		}
		for i, v := range got {
			if (rtk.Verify(s.key, s.body, v) == nil) != want[i] {
				return false
			}
		}
		return true
	})
}
