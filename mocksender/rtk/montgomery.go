package rtk

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// residue is a number below a modulus of up to 512 bits, the least digit first.
type residue [8]uint64

// modulus is an odd modulus of up to 512 bits, with what Montgomery's products
// need: they are x·y/2^512. math/big has them too, for moduli of any size; for
// this one size they take three quarters of the time, and no memory.
type modulus struct {
	p       residue
	inverse uint64  // of -p modulo 2^64
	square  residue // 2^1024 modulo p
	one     residue // 2^512 modulo p
	number  *big.Int
}

func newModulus(p *big.Int) *modulus {
	m := &modulus{number: p, p: digits(p)}
	// Newton's way: each step doubles the digits that are right, from 3 bits.
	x := m.p[0]
	for range 5 {
		x *= 2 - m.p[0]*x
	}
	m.inverse = -x
	power := new(big.Int)
	m.one = digits(power.Mod(power.Lsh(big.NewInt(1), 512), p))
	m.square = digits(power.Mod(power.Lsh(big.NewInt(1), 1024), p))
	return m
}

// digits returns x, which is below 2^512.
func digits(x *big.Int) (r residue) {
	var b [64]byte
	x.FillBytes(b[:])
	for i := range r {
		r[i] = binary.BigEndian.Uint64(b[56-8*i:])
	}
	return r
}

func (r *residue) number() *big.Int {
	var b [64]byte
	for i := range r {
		binary.BigEndian.PutUint64(b[56-8*i:], r[i])
	}
	return new(big.Int).SetBytes(b[:])
}

// exp sets z to x to the power of e, where both are as mul takes them. It works
// on four bits at a time, and makes the same products for all numbers.
func (m *modulus) exp(z, x, e *residue) {
	var table [16]residue
	table[0] = m.one
	for i := range 15 {
		m.mul(&table[i+1], &table[i], x)
	}
	*z = m.one
	for i := len(e) - 1; i >= 0; i-- {
		for shift := 60; shift >= 0; shift -= 4 {
			m.mul(z, z, z)
			m.mul(z, z, z)
			m.mul(z, z, z)
			m.mul(z, z, z)
			m.mul(z, z, &table[e[i]>>shift&15])
		}
	}
}

// mul sets z to x·y/2^512 modulo p. z may be x or y. The lines are written out,
// as the compiler does not, and half of the time would go into the loops.
func (m *modulus) mul(z, x, y *residue) {
	p := &m.p
	var t0, t1, t2, t3, t4, t5, t6, t7, t8, c uint64
	for i := range y {
		d := y[i]
		h0, l0 := bits.Mul64(x[0], d)
		h1, l1 := bits.Mul64(x[1], d)
		h2, l2 := bits.Mul64(x[2], d)
		h3, l3 := bits.Mul64(x[3], d)
		h4, l4 := bits.Mul64(x[4], d)
		h5, l5 := bits.Mul64(x[5], d)
		h6, l6 := bits.Mul64(x[6], d)
		h7, l7 := bits.Mul64(x[7], d)
		t0, c = bits.Add64(t0, l0, 0)
		t1, c = bits.Add64(t1, l1, c)
		t2, c = bits.Add64(t2, l2, c)
		t3, c = bits.Add64(t3, l3, c)
		t4, c = bits.Add64(t4, l4, c)
		t5, c = bits.Add64(t5, l5, c)
		t6, c = bits.Add64(t6, l6, c)
		t7, c = bits.Add64(t7, l7, c)
		t8, c = bits.Add64(t8, 0, c)
		t9 := c
		t1, c = bits.Add64(t1, h0, 0)
		t2, c = bits.Add64(t2, h1, c)
		t3, c = bits.Add64(t3, h2, c)
		t4, c = bits.Add64(t4, h3, c)
		t5, c = bits.Add64(t5, h4, c)
		t6, c = bits.Add64(t6, h5, c)
		t7, c = bits.Add64(t7, h6, c)
		t8, c = bits.Add64(t8, h7, c)
		t9 += c

		d = t0 * m.inverse
		h0, l0 = bits.Mul64(p[0], d)
		h1, l1 = bits.Mul64(p[1], d)
		h2, l2 = bits.Mul64(p[2], d)
		h3, l3 = bits.Mul64(p[3], d)
		h4, l4 = bits.Mul64(p[4], d)
		h5, l5 = bits.Mul64(p[5], d)
		h6, l6 = bits.Mul64(p[6], d)
		h7, l7 = bits.Mul64(p[7], d)
		_, c = bits.Add64(t0, l0, 0)
		t0, c = bits.Add64(t1, l1, c)
		t1, c = bits.Add64(t2, l2, c)
		t2, c = bits.Add64(t3, l3, c)
		t3, c = bits.Add64(t4, l4, c)
		t4, c = bits.Add64(t5, l5, c)
		t5, c = bits.Add64(t6, l6, c)
		t6, c = bits.Add64(t7, l7, c)
		t7, c = bits.Add64(t8, 0, c)
		t8 = t9 + c
		t0, c = bits.Add64(t0, h0, 0)
		t1, c = bits.Add64(t1, h1, c)
		t2, c = bits.Add64(t2, h2, c)
		t3, c = bits.Add64(t3, h3, c)
		t4, c = bits.Add64(t4, h4, c)
		t5, c = bits.Add64(t5, h5, c)
		t6, c = bits.Add64(t6, h6, c)
		t7, c = bits.Add64(t7, h7, c)
		t8 += c
	}
	m.reduce(z, &residue{t0, t1, t2, t3, t4, t5, t6, t7}, t8)
}

// reduce sets z to t, with the digit above, minus p if it is not below that.
func (m *modulus) reduce(z, t *residue, above uint64) {
	var less residue
	var borrow uint64
	for i := range t {
		less[i], borrow = bits.Sub64(t[i], m.p[i], borrow)
	}
	_, borrow = bits.Sub64(above, 0, borrow)
	keep := -borrow // all bits, where t is below p
	for i := range z {
		z[i] = t[i]&keep | less[i]&^keep
	}
}
