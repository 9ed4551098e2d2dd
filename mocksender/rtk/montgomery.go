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
// this one size they take two thirds of the time, and no memory.
type modulus struct {
	p       residue
	inverse uint64  // of -p modulo 2^64
	rr      residue // 2^1024 modulo p
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
	m.rr = digits(power.Mod(power.Lsh(big.NewInt(1), 1024), p))
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
			m.square(z, z)
			m.square(z, z)
			m.square(z, z)
			m.square(z, z)
			m.mul(z, z, &table[e[i]>>shift&15])
		}
	}
}

// mul sets z to x·y/2^512 modulo p. z may be x or y. Here and below the lines
// are written out, as the compiler does not, and half of the time would go into
// the loops.
func (m *modulus) mul(z, x, y *residue) {
	var low residue
	var t0, t1, t2, t3, t4, t5, t6, t7, c uint64
	for i, d := range y {
		h0, l0 := bits.Mul64(x[0], d)
		h1, l1 := bits.Mul64(x[1], d)
		h2, l2 := bits.Mul64(x[2], d)
		h3, l3 := bits.Mul64(x[3], d)
		h4, l4 := bits.Mul64(x[4], d)
		h5, l5 := bits.Mul64(x[5], d)
		h6, l6 := bits.Mul64(x[6], d)
		h7, l7 := bits.Mul64(x[7], d)
		low[i], c = bits.Add64(t0, l0, 0)
		t1, c = bits.Add64(t1, l1, c)
		t2, c = bits.Add64(t2, l2, c)
		t3, c = bits.Add64(t3, l3, c)
		t4, c = bits.Add64(t4, l4, c)
		t5, c = bits.Add64(t5, l5, c)
		t6, c = bits.Add64(t6, l6, c)
		t7, c = bits.Add64(t7, l7, c)
		t8 := c
		t0, c = bits.Add64(t1, h0, 0)
		t1, c = bits.Add64(t2, h1, c)
		t2, c = bits.Add64(t3, h2, c)
		t3, c = bits.Add64(t4, h3, c)
		t4, c = bits.Add64(t5, h4, c)
		t5, c = bits.Add64(t6, h5, c)
		t6, c = bits.Add64(t7, h6, c)
		t7 = t8 + h7 + c
	}
	m.reduce(z, &low, &residue{t0, t1, t2, t3, t4, t5, t6, t7})
}

// square sets z to x·x/2^512 modulo p, where z may be x: each product of two
// different digits is made once, and doubled.
func (m *modulus) square(z, x *residue) {
	var c, h1, l1, h2, l2, h3, l3, h4, l4, h5, l5, h6, l6, h7, l7 uint64
	h1, l1 = bits.Mul64(x[0], x[1])
	h2, l2 = bits.Mul64(x[0], x[2])
	h3, l3 = bits.Mul64(x[0], x[3])
	h4, l4 = bits.Mul64(x[0], x[4])
	h5, l5 = bits.Mul64(x[0], x[5])
	h6, l6 = bits.Mul64(x[0], x[6])
	h7, l7 = bits.Mul64(x[0], x[7])
	t1 := l1
	t2, c := bits.Add64(l2, h1, 0)
	t3, c := bits.Add64(l3, h2, c)
	t4, c := bits.Add64(l4, h3, c)
	t5, c := bits.Add64(l5, h4, c)
	t6, c := bits.Add64(l6, h5, c)
	t7, c := bits.Add64(l7, h6, c)
	t8 := h7 + c
	h2, l2 = bits.Mul64(x[1], x[2])
	h3, l3 = bits.Mul64(x[1], x[3])
	h4, l4 = bits.Mul64(x[1], x[4])
	h5, l5 = bits.Mul64(x[1], x[5])
	h6, l6 = bits.Mul64(x[1], x[6])
	h7, l7 = bits.Mul64(x[1], x[7])
	t3, c = bits.Add64(t3, l2, 0)
	t4, c = bits.Add64(t4, l3, c)
	t5, c = bits.Add64(t5, l4, c)
	t6, c = bits.Add64(t6, l5, c)
	t7, c = bits.Add64(t7, l6, c)
	t8, c = bits.Add64(t8, l7, c)
	t9 := c
	t4, c = bits.Add64(t4, h2, 0)
	t5, c = bits.Add64(t5, h3, c)
	t6, c = bits.Add64(t6, h4, c)
	t7, c = bits.Add64(t7, h5, c)
	t8, c = bits.Add64(t8, h6, c)
	t9, _ = bits.Add64(t9, h7, c)
	h3, l3 = bits.Mul64(x[2], x[3])
	h4, l4 = bits.Mul64(x[2], x[4])
	h5, l5 = bits.Mul64(x[2], x[5])
	h6, l6 = bits.Mul64(x[2], x[6])
	h7, l7 = bits.Mul64(x[2], x[7])
	t5, c = bits.Add64(t5, l3, 0)
	t6, c = bits.Add64(t6, l4, c)
	t7, c = bits.Add64(t7, l5, c)
	t8, c = bits.Add64(t8, l6, c)
	t9, c = bits.Add64(t9, l7, c)
	t10 := c
	t6, c = bits.Add64(t6, h3, 0)
	t7, c = bits.Add64(t7, h4, c)
	t8, c = bits.Add64(t8, h5, c)
	t9, c = bits.Add64(t9, h6, c)
	t10, _ = bits.Add64(t10, h7, c)
	h4, l4 = bits.Mul64(x[3], x[4])
	h5, l5 = bits.Mul64(x[3], x[5])
	h6, l6 = bits.Mul64(x[3], x[6])
	h7, l7 = bits.Mul64(x[3], x[7])
	t7, c = bits.Add64(t7, l4, 0)
	t8, c = bits.Add64(t8, l5, c)
	t9, c = bits.Add64(t9, l6, c)
	t10, c = bits.Add64(t10, l7, c)
	t11 := c
	t8, c = bits.Add64(t8, h4, 0)
	t9, c = bits.Add64(t9, h5, c)
	t10, c = bits.Add64(t10, h6, c)
	t11, _ = bits.Add64(t11, h7, c)
	h5, l5 = bits.Mul64(x[4], x[5])
	h6, l6 = bits.Mul64(x[4], x[6])
	h7, l7 = bits.Mul64(x[4], x[7])
	t9, c = bits.Add64(t9, l5, 0)
	t10, c = bits.Add64(t10, l6, c)
	t11, c = bits.Add64(t11, l7, c)
	t12 := c
	t10, c = bits.Add64(t10, h5, 0)
	t11, c = bits.Add64(t11, h6, c)
	t12, _ = bits.Add64(t12, h7, c)
	h6, l6 = bits.Mul64(x[5], x[6])
	h7, l7 = bits.Mul64(x[5], x[7])
	t11, c = bits.Add64(t11, l6, 0)
	t12, c = bits.Add64(t12, l7, c)
	t13 := c
	t12, c = bits.Add64(t12, h6, 0)
	t13, _ = bits.Add64(t13, h7, c)
	h7, l7 = bits.Mul64(x[6], x[7])
	t13, c = bits.Add64(t13, l7, 0)
	t14 := c
	t14, _ = bits.Add64(t14, h7, 0)

	t1, c = bits.Add64(t1, t1, 0)
	t2, c = bits.Add64(t2, t2, c)
	t3, c = bits.Add64(t3, t3, c)
	t4, c = bits.Add64(t4, t4, c)
	t5, c = bits.Add64(t5, t5, c)
	t6, c = bits.Add64(t6, t6, c)
	t7, c = bits.Add64(t7, t7, c)
	t8, c = bits.Add64(t8, t8, c)
	t9, c = bits.Add64(t9, t9, c)
	t10, c = bits.Add64(t10, t10, c)
	t11, c = bits.Add64(t11, t11, c)
	t12, c = bits.Add64(t12, t12, c)
	t13, c = bits.Add64(t13, t13, c)
	t14, c = bits.Add64(t14, t14, c)
	t15 := c

	h1, l1 = bits.Mul64(x[0], x[0])
	t0 := l1
	t1, c = bits.Add64(t1, h1, 0)
	h1, l1 = bits.Mul64(x[1], x[1])
	t2, c = bits.Add64(t2, l1, c)
	t3, c = bits.Add64(t3, h1, c)
	h1, l1 = bits.Mul64(x[2], x[2])
	t4, c = bits.Add64(t4, l1, c)
	t5, c = bits.Add64(t5, h1, c)
	h1, l1 = bits.Mul64(x[3], x[3])
	t6, c = bits.Add64(t6, l1, c)
	t7, c = bits.Add64(t7, h1, c)
	h1, l1 = bits.Mul64(x[4], x[4])
	t8, c = bits.Add64(t8, l1, c)
	t9, c = bits.Add64(t9, h1, c)
	h1, l1 = bits.Mul64(x[5], x[5])
	t10, c = bits.Add64(t10, l1, c)
	t11, c = bits.Add64(t11, h1, c)
	h1, l1 = bits.Mul64(x[6], x[6])
	t12, c = bits.Add64(t12, l1, c)
	t13, c = bits.Add64(t13, h1, c)
	h1, l1 = bits.Mul64(x[7], x[7])
	t14, c = bits.Add64(t14, l1, c)
	t15, _ = bits.Add64(t15, h1, c)
	m.reduce(z, &residue{t0, t1, t2, t3, t4, t5, t6, t7}, &residue{t8, t9, t10, t11, t12, t13, t14, t15})
}

// reduce sets z to the number of the sixteen digits, by 2^512 and modulo p. Each
// step adds a multiple of p that makes the last digit zero, and drops that.
func (m *modulus) reduce(z, low, high *residue) {
	p := &m.p
	t0, t1, t2, t3, t4, t5, t6, t7 := low[0], low[1], low[2], low[3], low[4], low[5], low[6], low[7]
	var c, above uint64
	for _, next := range high {
		d := t0 * m.inverse
		h0, l0 := bits.Mul64(p[0], d)
		h1, l1 := bits.Mul64(p[1], d)
		h2, l2 := bits.Mul64(p[2], d)
		h3, l3 := bits.Mul64(p[3], d)
		h4, l4 := bits.Mul64(p[4], d)
		h5, l5 := bits.Mul64(p[5], d)
		h6, l6 := bits.Mul64(p[6], d)
		h7, l7 := bits.Mul64(p[7], d)
		_, c = bits.Add64(t0, l0, 0)
		t0, c = bits.Add64(t1, l1, c)
		t1, c = bits.Add64(t2, l2, c)
		t2, c = bits.Add64(t3, l3, c)
		t3, c = bits.Add64(t4, l4, c)
		t4, c = bits.Add64(t5, l5, c)
		t5, c = bits.Add64(t6, l6, c)
		t6, c = bits.Add64(t7, l7, c)
		t7, above = bits.Add64(next, above, c)
		t0, c = bits.Add64(t0, h0, 0)
		t1, c = bits.Add64(t1, h1, c)
		t2, c = bits.Add64(t2, h2, c)
		t3, c = bits.Add64(t3, h3, c)
		t4, c = bits.Add64(t4, h4, c)
		t5, c = bits.Add64(t5, h5, c)
		t6, c = bits.Add64(t6, h6, c)
		t7, c = bits.Add64(t7, h7, c)
		above += c
	}

	// The result is below 2·p.
	s0, c := bits.Sub64(t0, p[0], 0)
	s1, c := bits.Sub64(t1, p[1], c)
	s2, c := bits.Sub64(t2, p[2], c)
	s3, c := bits.Sub64(t3, p[3], c)
	s4, c := bits.Sub64(t4, p[4], c)
	s5, c := bits.Sub64(t5, p[5], c)
	s6, c := bits.Sub64(t6, p[6], c)
	s7, c := bits.Sub64(t7, p[7], c)
	_, c = bits.Sub64(above, 0, c)
	keep := -c // all bits, where it is below p
	z[0] = t0&keep | s0&^keep
	z[1] = t1&keep | s1&^keep
	z[2] = t2&keep | s2&^keep
	z[3] = t3&keep | s3&^keep
	z[4] = t4&keep | s4&^keep
	z[5] = t5&keep | s5&^keep
	z[6] = t6&keep | s6&^keep
	z[7] = t7&keep | s7&^keep
}
