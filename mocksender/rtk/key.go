package rtk

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// KeyBits is the size of generated keys, and the smallest size accepted. The
// real service uses 2048 bits in practice.
const KeyBits = 2048

// maxKeyBits bounds the time that one signature takes, and maxKeyBytes the time
// that reading takes to find larger numbers: the largest private key of five primes
// has less.
const (
	maxKeyBits  = 8192
	maxKeyBytes = 8192
)

// ErrKey is wrapped by every error of ParsePrivateKey and ParsePublicKey, and
// by those of a Keyring that has no key.
var ErrKey = errors.New("rtk: unusable key")

// GenerateKey returns a fresh RSA key of KeyBits bits.
func GenerateKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, KeyBits)
	if err != nil {
		return nil, fmt.Errorf("%w: generating it: %w", ErrKey, err)
	}
	return key, nil
}

// ParsePrivateKey reads one RSA private key, PEM-encoded as PKCS #1
// ("RSA PRIVATE KEY") or PKCS #8 ("PRIVATE KEY"), of two to five primes. It skips
// text before the PEM block. It refuses anything except white space after it, other kinds of key,
// encrypted keys and keys under KeyBits bits. The error, which matches ErrKey,
// says in one line what was found.
func ParsePrivateKey(data []byte) (*rsa.PrivateKey, error) {
	block, rest, err := firstBlock(data)
	if err != nil {
		return nil, err
	}
	if block.Headers["Proc-Type"] != "" {
		return nil, fmt.Errorf("%w: it is encrypted, want an unencrypted key", ErrKey)
	}
	var parsed any
	switch block.Type {
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, fmt.Errorf("%w: it is encrypted, want an unencrypted key", ErrKey)
	default:
		return nil, fmt.Errorf("%w: found a block of type %.40q, want \"PRIVATE KEY\" or \"RSA PRIVATE KEY\"", ErrKey, block.Type)
	}
	if err != nil {
		return nil, errParse(block, err)
	}
	if err := nothingAfter(block, rest); err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: found %s, want an RSA private key", ErrKey, kindOf(parsed))
	}
	if err := checkSize(key.N.BitLen()); err != nil {
		return nil, err
	}
	if err := key.Validate(); err != nil {
		return nil, errUnfit()
	}
	if err := checkPrimes(key); err != nil {
		return nil, err
	}
	return key, nil
}

// ParsePublicKey reads one RSA public key, PEM-encoded as SPKI
// ("PUBLIC KEY"), the form of the key document. Errors match ErrKey.
func ParsePublicKey(data []byte) (*rsa.PublicKey, error) {
	block, rest, err := firstBlock(data)
	if err != nil {
		return nil, err
	}
	if block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("%w: found a block of type %.40q, want \"PUBLIC KEY\"", ErrKey, block.Type)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errParse(block, err)
	}
	if err := nothingAfter(block, rest); err != nil {
		return nil, err
	}
	pub, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: found %s, want an RSA public key", ErrKey, kindOf(parsed))
	}
	if err := checkSize(pub.N.BitLen()); err != nil {
		return nil, err
	}
	return pub, nil
}

// PrivatePEM returns key as PEM-encoded PKCS #8.
func PrivatePEM(key *rsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("rtk: encode private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// PublicPEM returns pub as PEM-encoded SPKI without a final line break, as the
// key document carries it.
func PublicPEM(pub *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("rtk: encode public key: %w", err)
	}
	return string(bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))), nil
}

// Fingerprint returns "SHA256:" and the Base64 of the SHA-256 digest of the
// key's SPKI bytes: short enough to compare by eye.
func Fingerprint(pub *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("rtk: encode public key: %w", err)
	}
	digest := sha256.Sum256(der)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(digest[:]), nil
}

// firstBlock returns the first PEM block of data, and what follows it. It skips the
// byte order mark that some editors put before the first line, where it would hide
// the block.
func firstBlock(data []byte) (block *pem.Block, rest []byte, err error) {
	block, rest = pem.Decode(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case block == nil:
		return nil, nil, fmt.Errorf("%w: no PEM block found", ErrKey)
	case len(block.Bytes) > maxKeyBytes:
		return nil, nil, fmt.Errorf("%w: the %.40q block has %d bytes, want %d at most", ErrKey, block.Type, len(block.Bytes), maxKeyBytes)
	}
	return block, rest, nil
}

// errParse leaves out the advice of x509 on which of its functions to call.
func errParse(block *pem.Block, err error) error {
	reason, _, _ := strings.Cut(err.Error(), " (use ")
	return fmt.Errorf("%w: the %.40q block does not parse: %s", ErrKey, block.Type, reason)
}

// nothingAfter is checked after the block itself, so that the error about a file
// of several blocks is about the first of them.
func nothingAfter(block *pem.Block, rest []byte) error {
	if len(bytes.TrimSpace(rest)) > 0 {
		return fmt.Errorf("%w: more follows after the %.40q block, want one block", ErrKey, block.Type)
	}
	return nil
}

func checkSize(bits int) error {
	if bits < KeyBits || bits > maxKeyBits {
		return fmt.Errorf("%w: it has %d bits, want %d to %d", ErrKey, bits, KeyBits, maxKeyBits)
	}
	return nil
}

func kindOf(key any) string {
	switch key.(type) {
	case *ecdsa.PrivateKey, *ecdsa.PublicKey, *ecdh.PrivateKey, *ecdh.PublicKey:
		return "an elliptic-curve key"
	case ed25519.PrivateKey, ed25519.PublicKey:
		return "an Ed25519 key"
	default:
		return fmt.Sprintf("a key of type %T", key)
	}
}
