package rtk

import (
	"crypto/rand"
	"math/big"
	mathrand "math/rand/v2"
	"testing"

	"gotest.tools/v3/assert"
)

// math/big knows the results of all that is done here.
func TestModulusAgreesWithMathBig(t *testing.T) {
	power := func(bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), bits) }
	one := big.NewInt(1)
	moduli := []*big.Int{big.NewInt(3), new(big.Int).Add(power(512), one)}
	for _, size := range []uint{512, 1024} {
		moduli = append(moduli, new(big.Int).Sub(power(size), one), new(big.Int).Add(power(size-1), one))
		for range 10 {
			p, err := rand.Prime(rand.Reader, int(size))
			assert.NilError(t, err)
			moduli = append(moduli, p)
		}
	}
	for _, p := range moduli {
		values := []*big.Int{new(big.Int), one, new(big.Int).Sub(p, one)}
		for range 5 {
			x, err := rand.Int(rand.Reader, p)
			assert.NilError(t, err)
			values = append(values, x)
		}
		for _, x := range values {
			for _, y := range append(values, new(big.Int).Sub(power(512), one)) {
				agrees(t, p, x, y)
			}
		}
	}
}

func FuzzModulus(f *testing.F) {
	f.Add([]byte{3}, []byte{2}, []byte{1})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), []byte{0xff}, []byte{0})
	f.Fuzz(func(t *testing.T, p, x, y []byte) {
		number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b[:min(len(b), 128)]) }
		modulus := number(p)
		if modulus.SetBit(modulus, 0, 1).Cmp(big.NewInt(1)) > 0 {
			agrees(t, modulus, number(x), number(y))
		}
	})
}

// agrees compares x·y and x to the power of y modulo p.
func agrees(t *testing.T, p, x, y *big.Int) {
	t.Helper()
	m := newModulus(p)
	rx, ry := m.enter(x), m.enter(y)
	var product residue
	m.mul(&product, &rx, &ry)
	want := new(big.Int).Mul(x, y)
	assert.Equal(t, m.leave(&product).Cmp(want.Mod(want, p)), 0, "%x times %x modulo %x", x, y, p)

	m.square(&product, &rx)
	want.Mul(x, x)
	assert.Equal(t, m.leave(&product).Cmp(want.Mod(want, p)), 0, "the square of %x modulo %x", x, p)

	if y.Sign() > 0 {
		power := m.exp(&rx, y)
		assert.Equal(t, m.leave(&power).Cmp(new(big.Int).Exp(x, y, p)), 0, "%x to the power of %x modulo %x", x, y, p)
	}
}

// What is written for one processor does what is written for all.
func TestAssembledRowsAreThePortableOnes(t *testing.T) {
	random := mathrand.New(mathrand.NewPCG(1, 1))
	next := func() uint64 { return [...]uint64{0, 1, ^uint64(0), random.Uint64()}[random.IntN(4)] }
	for range 10_000 {
		var z [16]uint64
		var x, y digits
		for i := range z {
			z[i], x[i%8], y[i%8] = next(), next(), next()
		}
		sum, want := z, z
		carry, wantCarry := addMul(&sum, &x, &y), addMulPortable(&want, &x, &y)
		assert.Assert(t, sum == want && carry == wantCarry, "%x plus %x times %x is %x, not %x", z, x, y, sum, want)
		sum, want = z, z
		carry, wantCarry = reduce(&sum, &x, y[0]), reducePortable(&want, &x, y[0])
		assert.Assert(t, sum == want && carry == wantCarry, "%x reduced by %x is %x, not %x", z, x, sum, want)
	}
}
