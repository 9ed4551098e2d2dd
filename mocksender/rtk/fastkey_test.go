package rtk_test

//lint:file-ignore SA1019 crypto/rsa discourages keys of more than two primes, which these tests are about.

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// crypto/rsa signs in a way of its own. A signature is a function of key and body,
// so that the two have to agree to the last byte.
func TestSignaturesAreThoseOfCryptoRSA(t *testing.T) {
	three, err := rsa.GenerateMultiPrimeKey(rand.Reader, 3, 3072)
	assert.NilError(t, err)
	for key, times := range map[*rsa.PrivateKey]int{testKey(t): 100, fastKey(t): 100, three: 5} {
		for i := range times {
			data := fmt.Appendf(nil, "%s %d", body, i)
			digest := sha256.Sum256(data)
			want, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
			assert.NilError(t, err)
			got := sign(t, key, data)
			assert.DeepEqual(t, decode(t, got), want)
			assert.NilError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], decode(t, got)))
		}
	}
}

func TestFastKeyIsLikeAnyOtherInPublic(t *testing.T) {
	key := fastKey(t)
	assert.Equal(t, key.N.BitLen(), rtk.KeyBits)
	assert.Equal(t, key.E, testKey(t).E)
	assert.Equal(t, len(key.Primes), 4)
	publicPEM := must[string](t)(rtk.PublicPEM(&key.PublicKey))
	assert.Equal(t, len(publicPEM), len(must[string](t)(rtk.PublicPEM(&testKey(t).PublicKey))))
	back, err := rtk.ParsePublicKey([]byte(publicPEM))
	assert.NilError(t, err)
	assert.Assert(t, back.Equal(&key.PublicKey))
}

func TestFastKeyIsReadBack(t *testing.T) {
	key := fastKey(t)
	for name, data := range map[string][]byte{"PKCS #1": pkcs1(key), "PKCS #8": must[[]byte](t)(rtk.PrivatePEM(key))} {
		back, err := rtk.ParsePrivateKey(data)
		assert.NilError(t, err, name)
		assert.Assert(t, back.Equal(key), name)
		assert.Equal(t, sign(t, back, []byte(body)), sign(t, key, []byte(body)), name)
	}
}

// crypto/rsa reads keys of more than two primes without a look at what the
// numbers have to do with each other.
func TestParsePrivateKeyRefusesPrimesThatDoNotFit(t *testing.T) {
	key := fastKey(t)
	six, err := rsa.GenerateMultiPrimeKey(rand.Reader, 6, 2048)
	assert.NilError(t, err)
	with := func(change func(*rsa.PrivateKey)) []byte {
		k := &rsa.PrivateKey{PublicKey: key.PublicKey, D: new(big.Int).Set(key.D), Primes: slices.Clone(key.Primes)}
		change(k)
		return pkcs1(k)
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"six primes", pkcs1(six), "it has 6 primes, want 5 at most"},
		{"a prime of another key", with(func(k *rsa.PrivateKey) { k.Primes[3] = testKey(t).Primes[0] }), "do not fit together"},
		{"a prime too few", with(func(k *rsa.PrivateKey) { k.Primes = k.Primes[:3] }), "do not fit together"},
		{"a tiny prime", with(func(k *rsa.PrivateKey) { k.Primes[2] = big.NewInt(3) }), "do not fit together"},
		{"no prime", with(func(k *rsa.PrivateKey) { k.Primes[1] = new(big.Int).Add(k.Primes[1], big.NewInt(2)) }), "do not fit together"},
		{"the same prime twice", with(func(k *rsa.PrivateKey) { k.Primes[3] = k.Primes[2] }), "does not parse"},
		{"another exponent", with(func(k *rsa.PrivateKey) { k.D.Sub(k.D, big.NewInt(2)) }), "do not fit together"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rtk.ParsePrivateKey(tt.data)
			assert.ErrorIs(t, err, rtk.ErrKey)
			assert.ErrorContains(t, err, tt.want)
			assert.Assert(t, got == nil)
		})
	}
}

// One wrong power gives away the primes, and is no signature: it must not leave.
// crypto/rsa, where it signs, keeps the numbers elsewhere too.
func TestKeyWithAFaultMakesNoWrongSignature(t *testing.T) {
	two, four := testKey(t), fastKey(t)
	for _, c := range []struct {
		name  string
		key   *rsa.PrivateKey
		fault func(*rsa.PrecomputedValues)
	}{
		{"the first exponent of two", two, func(p *rsa.PrecomputedValues) { p.Dp.Add(p.Dp, big.NewInt(2)) }},
		{"the second exponent of two", two, func(p *rsa.PrecomputedValues) { p.Dq.Add(p.Dq, big.NewInt(2)) }},
		{"the coefficient of two", two, func(p *rsa.PrecomputedValues) { p.Qinv.Add(p.Qinv, big.NewInt(1)) }},
		{"an exponent of four", four, func(p *rsa.PrecomputedValues) { p.CRTValues[1].Exp.Add(p.CRTValues[1].Exp, big.NewInt(2)) }},
		{"a coefficient of four", four, func(p *rsa.PrecomputedValues) { p.Qinv.Add(p.Qinv, big.NewInt(1)) }},
		{"a product of four", four, func(p *rsa.PrecomputedValues) { p.CRTValues[0].R.Add(p.CRTValues[0].R, big.NewInt(1)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := must[*rsa.PrivateKey](t)(rtk.ParsePrivateKey(pkcs1(c.key)))
			c.fault(&key.Precomputed)
			signature, err := rtk.Sign(key, []byte(body))
			if err != nil {
				assert.ErrorContains(t, err, "the numbers of the key do not fit together")
				return
			}
			assert.Equal(t, c.key, two)
			assert.Equal(t, signature, sign(t, c.key, []byte(body)))
		})
	}
}

// A program may put a key together from its numbers alone.
func TestFastKeyWithoutPrecomputedNumbersSigns(t *testing.T) {
	key := fastKey(t)
	bare := &rsa.PrivateKey{PublicKey: key.PublicKey, D: key.D, Primes: key.Primes}
	assert.Equal(t, sign(t, bare, []byte(body)), sign(t, key, []byte(body)))
}
