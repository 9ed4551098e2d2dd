package rtk

//lint:file-ignore SA1019 crypto/rsa discourages keys of more than two primes, since it is slow with them; here they are signed with otherwise.

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
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
	key, err := rsa.GenerateMultiPrimeKey(rand.Reader, fastPrimes, KeyBits)
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

// signFast returns the signature of a SHA-256 digest by a key of GenerateFastKey.
// Other keys of more than two primes are left to crypto/rsa, which makes no use of
// the primes.
func signFast(key *rsa.PrivateKey, digest []byte) ([]byte, error) {
	if !isFast(key) {
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest)
	}
	m := encodeDigest(digest, key.Size())
	s, ok := power(key, new(big.Int).SetBytes(m))
	if !ok {
		return nil, errors.New("the numbers of the key do not fit together")
	}
	return s.FillBytes(m), nil
}

// isFast reports whether key is one of GenerateFastKey, with its precomputed
// numbers.
func isFast(key *rsa.PrivateKey) bool {
	pre := key.Precomputed
	if len(key.Primes) != fastPrimes || len(pre.CRTValues) != fastPrimes-2 || pre.Dp == nil || key.Size() != KeyBits/8 {
		return false
	}
	for i, exponent := range []*big.Int{pre.Dp, pre.Dq, pre.CRTValues[0].Exp, pre.CRTValues[1].Exp} {
		if p := key.Primes[i]; p.BitLen() != KeyBits/fastPrimes || p.Bit(0) == 0 || exponent.BitLen() > KeyBits/fastPrimes {
			return false
		}
	}
	return true
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
// RSASP1 of RFC 8017, section 5.2.1, step 2b. It reports whether the public
// exponent leads back to m: a fault in one power would give away the primes.
func power(key *rsa.PrivateKey, m *big.Int) (s *big.Int, ok bool) {
	pre := key.Precomputed
	p, q := newPower(key.Primes[0], pre.Dp, m), newPower(key.Primes[1], pre.Dq, m)
	powers := []*primePower{q, p}
	s = q.value
	// join makes s right modulo one more prime: it adds a multiple of r, the
	// product of the primes before, for which the coefficient is the inverse.
	join := func(power *primePower, r, coefficient *big.Int) {
		more := new(big.Int).Sub(power.value, s)
		more.Mul(more, coefficient)
		more.Mod(more, power.number)
		s = new(big.Int).Add(s, more.Mul(more, r))
	}
	join(p, q.number, pre.Qinv)
	for i, v := range pre.CRTValues {
		powers = append(powers, newPower(key.Primes[i+2], v.Exp, m))
		join(powers[i+2], v.R, v.Coeff)
	}
	for _, power := range powers {
		if !power.leadsBack(s, key.E) {
			return nil, false
		}
	}
	return s, s.Cmp(key.N) < 0
}

// primePower is a power modulo one of the primes.
type primePower struct {
	*modulus
	base  residue  // in the form of mul
	value *big.Int // the power
}

func newPower(prime, exponent, base *big.Int) *primePower {
	p := &primePower{modulus: newModulus(prime)}
	p.base = p.residue(base)
	e, unit := digits(exponent), residue{1}
	var z residue
	p.exp(&z, &p.base, &e)
	p.mul(&z, &z, &unit) // out of the form
	p.value = z.number()
	return p
}

// residue returns x modulo the prime, in the form of mul.
func (p *primePower) residue(x *big.Int) residue {
	r := digits(new(big.Int).Mod(x, p.number))
	p.mul(&r, &r, &p.rr)
	return r
}

// leadsBack reports whether s to the power of e is the base.
func (p *primePower) leadsBack(s *big.Int, e int) bool {
	x := p.residue(s)
	z := x
	for i := bits.Len(uint(e)) - 2; i >= 0; i-- {
		p.square(&z, &z)
		if e>>i&1 == 1 {
			p.mul(&z, &z, &x)
		}
	}
	return z == p.base
}
