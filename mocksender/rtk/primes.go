package rtk

//lint:file-ignore SA1019 crypto/rsa computes the numbers of further primes without a use for them; here they have one.

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"math/bits"
)

// signByPrimes returns the signature of a SHA-256 digest from one power modulo
// each prime. With two primes that takes two thirds of the time that crypto/rsa
// takes, which hides the key from whoever measures that time. With more primes
// crypto/rsa makes no use of them.
func signByPrimes(key *rsa.PrivateKey, digest []byte) ([]byte, error) {
	m := encodeDigest(digest, key.Size())
	s, ok := power(key, new(big.Int).SetBytes(m))
	if !ok {
		return nil, errors.New("the numbers of the key do not fit together")
	}
	return s.FillBytes(m), nil
}

// hasPrimes reports whether signByPrimes can sign with the key, and is faster than
// crypto/rsa: it has the precomputed numbers and, with two primes, the processor
// what is needed.
func hasPrimes(key *rsa.PrivateKey) bool {
	pre, n := key.Precomputed, len(key.Primes)
	if !(n == 2 && assembled || n == fastPrimes) || len(pre.CRTValues) != n-2 || pre.Dp == nil || pre.Dq == nil || pre.Qinv == nil || key.Size() != KeyBits/8 {
		return false
	}
	exponents := []*big.Int{pre.Dp, pre.Dq}
	for _, v := range pre.CRTValues {
		exponents = append(exponents, v.Exp)
	}
	for i, e := range exponents {
		if p := key.Primes[i]; p.BitLen() != KeyBits/n || p.Bit(0) == 0 || e.Sign() <= 0 || e.BitLen() > KeyBits/n {
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
	p, q := newModulus(key.Primes[0]), newModulus(key.Primes[1])
	moduli := []*modulus{q, p}
	s = q.power(m, pre.Dq)
	// join makes s right modulo one more prime: it adds a multiple of r, the
	// product of the primes before, for which the coefficient is the inverse.
	join := func(p *modulus, exponent, r, coefficient *big.Int) {
		more := p.power(m, exponent)
		more.Mul(more.Sub(more, s), coefficient)
		more.Mod(more, p.number)
		s.Add(s, more.Mul(more, r))
	}
	join(p, pre.Dp, q.number, pre.Qinv)
	for i, v := range pre.CRTValues {
		next := newModulus(key.Primes[i+2])
		moduli = append(moduli, next)
		join(next, v.Exp, v.R, v.Coeff)
	}
	for _, p := range moduli {
		if !p.leadsBack(s, m, key.E) {
			return nil, false
		}
	}
	return s, s.Cmp(key.N) < 0
}

// power returns base to the power of e modulo p.
func (m *modulus) power(base, e *big.Int) *big.Int {
	x := m.enter(base)
	z := m.exp(&x, e)
	return m.leave(&z)
}

// leadsBack reports whether s to the power of e is base modulo p.
func (m *modulus) leadsBack(s, base *big.Int, e int) bool {
	x := m.enter(s)
	z := x
	for i := bits.Len(uint(e)) - 2; i >= 0; i-- {
		m.square(&z, &z)
		if e>>i&1 == 1 {
			m.mul(&z, &z, &x)
		}
	}
	return m.leave(&z).Cmp(new(big.Int).Mod(base, m.number)) == 0
}
