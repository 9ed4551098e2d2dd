package rtk

//lint:file-ignore SA1019 crypto/rsa discourages keys of more than two primes, since it is slow with them; here they are signed with otherwise.

import (
	"crypto/rand"
	"crypto/rsa"
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
