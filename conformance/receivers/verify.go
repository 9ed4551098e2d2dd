package receivers

import (
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

// checkSignature looks at the header first: what cannot be a signature costs no
// fetch of the key.
func (p *pipeline) checkSignature(x *exchange) error {
	value, err := p.signature(x)
	if err != nil {
		return err
	}
	signature, err := p.decode(value)
	if err != nil {
		return err
	}
	signed, err := p.signedBytes(x.Body)
	if err != nil {
		return err
	}
	source := p.keys(x)
	current, err := source(x.ctx, nil)
	if err != nil {
		return err
	}
	err = p.verifyRSA(current, signed, signature)
	if err == nil {
		return nil
	}
	// The key may have changed since it was fetched.
	if newer, none := source(x.ctx, current); none == nil {
		return p.verifyRSA(newer, signed, signature)
	}
	return err
}

func onlySignature(x *exchange) (string, error) {
	switch values := x.r.Header.Values(x.headers.Signature); {
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

// strictBase64 also refuses the line breaks that the decoder skips, and stray
// bits, so that each signature can be written in one way only.
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
