package rtk

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

// fastPrimes is how many primes a fast key has, and the most that a key may
// have. With more than five, a modulus of 2048 bits is easier to factor by its
// smallest prime than as a whole.
const (
	fastPrimes = 4
	maxPrimes  = 5
)

// GenerateFastKey returns a fresh RSA key of KeyBits bits that signs in less than
// half the time of one that GenerateKey makes, as its modulus has four primes
// instead of two. Its public half is like any other. Its private half is for
// Sign alone: few other programs read such a key, and some that do are slower
// with it. It is for load tests.
func GenerateFastKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateMultiPrimeKey(rand.Reader, fastPrimes, KeyBits) //nolint:staticcheck // deprecated for what does not matter here: Sign is what makes it fast
	if err != nil {
		return nil, fmt.Errorf("%w: generating it: %w", ErrKey, err)
	}
	return key, nil
}

// checkPrimes reports whether the numbers of a key with more than two primes fit
// together. For two primes crypto/rsa does that; of more it checks no product.
func checkPrimes(key *rsa.PrivateKey) error {
	if len(key.Primes) == 2 {
		return nil
	}
	if len(key.Primes) > maxPrimes {
		return fmt.Errorf("%w: it has %d primes, want %d at most", ErrKey, len(key.Primes), maxPrimes)
	}
	product, e := big.NewInt(1), big.NewInt(int64(key.E))
	for _, p := range key.Primes {
		// d is right if e·d is 1 modulo each p-1.
		less := new(big.Int).Sub(p, big.NewInt(1))
		one := new(big.Int).Mul(e, key.D)
		if p.BitLen() < 128 || p.BitLen() > maxKeyBits || one.Mod(one, less).Cmp(big.NewInt(1)) != 0 || !p.ProbablyPrime(0) {
			return errUnfit()
		}
		product.Mul(product, p)
	}
	if product.Cmp(key.N) != 0 {
		return errUnfit()
	}
	return nil
}

func errUnfit() error { return fmt.Errorf("%w: the RSA numbers do not fit together", ErrKey) }

// signFast returns the signature of a SHA-256 digest by a key of more than two
// primes. crypto/rsa makes the same one without use of the primes, in three times
// the time. What comes out is verified, so that a fault in a number is an error.
func signFast(key *rsa.PrivateKey, digest []byte) ([]byte, error) {
	if len(key.Precomputed.CRTValues) != len(key.Primes)-2 {
		// A key put together by hand. It is the caller's, and may be in use elsewhere.
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest)
	}
	m := encodeDigest(digest, key.Size())
	signature := power(key, new(big.Int).SetBytes(m)).FillBytes(m)
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest, signature); err != nil {
		return nil, errors.New("the numbers of the key do not fit together")
	}
	return signature, nil
}

// sha256Info begins the DigestInfo of a SHA-256 digest: RFC 8017, section 9.2,
// note 1.
const sha256Info = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"

// encodeDigest is EMSA-PKCS1-v1_5: RFC 8017, section 9.2.
func encodeDigest(digest []byte, size int) []byte {
	m := make([]byte, size)
	info := size - len(sha256Info) - len(digest)
	m[1] = 1
	for i := 2; i < info-1; i++ {
		m[i] = 0xff
	}
	copy(m[info:], sha256Info)
	copy(m[size-len(digest):], digest)
	return m
}

// power returns m to the private exponent, from the powers modulo each prime:
// RSASP1 of RFC 8017, section 5.2.1, step 2b.
func power(key *rsa.PrivateKey, m *big.Int) *big.Int {
	pre := key.Precomputed
	p, q := key.Primes[0], key.Primes[1]
	modulo := func(prime, exponent *big.Int) *big.Int {
		reduced := new(big.Int).Mod(m, prime)
		return reduced.Exp(reduced, exponent, prime)
	}
	s := modulo(q, pre.Dq)
	// join makes s right modulo one more prime: it adds a multiple of r, the
	// product of the primes before, for which the coefficient is the inverse.
	join := func(power, prime, r, coefficient *big.Int) {
		power.Sub(power, s)
		power.Mul(power, coefficient)
		power.Mod(power, prime)
		s.Add(s, power.Mul(power, r))
	}
	join(modulo(p, pre.Dp), p, q, pre.Qinv)
	for i, v := range pre.CRTValues {
		prime := key.Primes[i+2]
		join(modulo(prime, v.Exp), prime, v.R, v.Coeff)
	}
	return s
}
