package rtk

import (
	"crypto/rand"
	"math/big"
	"testing"

	"gotest.tools/v3/assert"
)

// math/big knows the results of all that is done here.
func TestModulusAgreesWithMathBig(t *testing.T) {
	largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 512), big.NewInt(1))
	moduli := []*big.Int{big.NewInt(3), largest, new(big.Int).SetBit(big.NewInt(1), 511, 1)}
	for range 20 {
		p, err := rand.Prime(rand.Reader, 512)
		assert.NilError(t, err)
		moduli = append(moduli, p)
	}
	for _, p := range moduli {
		below := new(big.Int).Sub(p, big.NewInt(1))
		values := []*big.Int{new(big.Int), big.NewInt(1), below}
		for range 5 {
			x, err := rand.Int(rand.Reader, p)
			assert.NilError(t, err)
			values = append(values, x)
		}
		for _, x := range values {
			for _, y := range append(values, largest) {
				agrees(t, p, x, y)
			}
		}
	}
}

func FuzzModulus(f *testing.F) {
	f.Add([]byte{3}, []byte{2}, []byte{1})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), []byte{0xff}, []byte{0})
	f.Fuzz(func(t *testing.T, p, x, y []byte) {
		number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b[:min(len(b), 64)]) }
		modulus := number(p)
		if modulus.SetBit(modulus, 0, 1).Cmp(big.NewInt(1)) > 0 {
			agrees(t, modulus, number(x), number(y))
		}
	})
}

// agrees compares x·y and x to the power of y modulo p.
func agrees(t *testing.T, p, x, y *big.Int) {
	t.Helper()
	m := &primePower{modulus: newModulus(p)}
	rx, ry, unit := m.residue(x), m.residue(y), residue{1}
	var product, power residue
	m.mul(&product, &rx, &ry)
	m.mul(&product, &product, &unit)
	want := new(big.Int).Mul(x, y)
	assert.Equal(t, product.number().Cmp(want.Mod(want, p)), 0, "%x times %x modulo %x", x, y, p)

	m.square(&product, &rx)
	m.mul(&product, &product, &unit)
	want.Mul(x, x)
	assert.Equal(t, product.number().Cmp(want.Mod(want, p)), 0, "the square of %x modulo %x", x, p)

	e := digits(y)
	m.exp(&power, &rx, &e)
	m.mul(&power, &power, &unit)
	assert.Equal(t, power.number().Cmp(new(big.Int).Exp(x, y, p)), 0, "%x to the power of %x modulo %x", x, y, p)
}
