package receivers

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Why a delivery does not verify.
var (
	errMissing  = fmt.Errorf("%w: there is none", rtk.ErrSignature)
	errEmpty    = fmt.Errorf("%w: it is empty", rtk.ErrSignature)
	errRepeated = fmt.Errorf("%w: there is more than one", rtk.ErrSignature)
	errBase64   = fmt.Errorf("%w: it is not standard Base64", rtk.ErrSignature)
	errLength   = fmt.Errorf("%w: it is not as long as the key", rtk.ErrSignature)
	errForged   = fmt.Errorf("%w: not made over these bytes by this key", rtk.ErrSignature)
)

// verify looks at the header first: what cannot be a signature costs no fetch
// of the key.
func (b *behaviour) verify(x *exchange) error {
	value, err := b.signature(x)
	if err != nil {
		return err
	}
	signature, err := b.decode(value)
	if err != nil {
		return err
	}
	signed, err := b.signed(x)
	if err != nil {
		return err
	}
	source := b.keys(x)
	current, err := source.current(x.ctx)
	if err != nil {
		return err
	}
	err = b.verifies(current, signed, signature)
	if err == nil {
		return nil
	}
	// The key may have been changed since it was fetched.
	if newer := source.newer(x.ctx, current); newer != nil {
		return b.verifies(newer, signed, signature)
	}
	return err
}

func soleSignature(x *exchange) (string, error) {
	switch values := x.r.Header.Values(x.rc.b.headers.Signature); {
	case len(values) == 0:
		return "", errMissing
	case len(values) > 1:
		return "", errRepeated
	case values[0] == "":
		return "", errEmpty
	default:
		return values[0], nil
	}
}

// strictBase64 also refuses the line breaks that the decoder passes over, and
// stray bits: one signature has one spelling.
func strictBase64(value string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != value {
		return nil, errBase64
	}
	return raw, nil
}

// pkcs1SHA256 is the scheme of the guide's sample: RSASSA-PKCS1-v1_5 with
// SHA-256.
func pkcs1SHA256(pub *key, signed, signature []byte) error {
	if len(signature) != pub.Size() {
		return errLength
	}
	digest := sha256.Sum256(signed)
	if rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], signature) != nil {
		return errForged
	}
	return nil
}

// key is what signatures are verified with.
type key = rsa.PublicKey

// keys is where a receiver gets its key from.
type keys interface {
	// current returns the key held, fetching it first if there is none. Its
	// error matches ErrNoKey.
	current(context.Context) (*key, error)
	// newer returns a key that has taken the place of old, or nil.
	newer(ctx context.Context, old *key) *key
}

// held is a key that stays.
type held struct{ pub *key }

func (h held) current(context.Context) (*key, error) {
	if h.pub == nil {
		return nil, fmt.Errorf("%w: neither KeyURL nor PublicKey is set", ErrNoKey)
	}
	return h.pub, nil
}

func (held) newer(context.Context, *key) *key { return nil }
