package rtk

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrSignature is wrapped by every error of Verify.
var ErrSignature = errors.New("rtk: signature does not verify")

// Sign returns the value of the rtk-signature header for body: the standard,
// padded Base64 of an RSASSA-PKCS1-v1_5 signature over the SHA-256 digest of
// the raw bytes. Nothing but the body is signed, and the result depends on key
// and body alone.
//
// It is for the keys of tests: how long it takes depends on the key, which
// somebody else on the machine could measure.
//
// The guide: "Base64-encoded RSA-SHA256 signature for the request body."
func Sign(key *rsa.PrivateKey, body []byte) (string, error) {
	digest := sha256.Sum256(body)
	signature, err := signDigest(key, digest[:])
	if err != nil {
		return "", fmt.Errorf("rtk: sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

func signDigest(key *rsa.PrivateKey, digest []byte) ([]byte, error) {
	if hasPrimes(key) {
		return signByPrimes(key, digest)
	}
	// rand does not influence PKCS #1 v1.5 signatures.
	return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest)
}

// Verify returns nil if signature is the value of an rtk-signature header that
// the owner of pub made over body. It is strict: whitespace, missing padding,
// stray bits and the URL-safe alphabet are refused. Every error matches
// ErrSignature.
func Verify(pub *rsa.PublicKey, body []byte, signature string) error {
	if signature == "" {
		return fmt.Errorf("%w: it is empty", ErrSignature)
	}
	raw, err := base64.StdEncoding.DecodeString(signature)
	// The decoder alone accepts line breaks and stray bits.
	if err != nil || base64.StdEncoding.EncodeToString(raw) != signature {
		return fmt.Errorf("%w: it is not standard Base64", ErrSignature)
	}
	digest := sha256.Sum256(body)
	if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], raw); err != nil {
		return fmt.Errorf("%w: not made over these bytes by this key", ErrSignature)
	}
	return nil
}
