package rtk

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// residue is a number of up to 1024 bits that stands for itself modulo a modulus.
// It may be larger than that.
type residue [16]uint64

func (r *residue) low() *digits  { return (*digits)(r[:8]) }
func (r *residue) high() *digits { return (*digits)(r[8:]) }

// newResidue returns x, which is below 2^1024.
func newResidue(x *big.Int) (r residue) {
	var b [128]byte
	x.FillBytes(b[:])
	for i := range r {
		r[i] = binary.BigEndian.Uint64(b[120-8*i:])
	}
	return r
}

func (r *residue) number() *big.Int {
	var b [128]byte
	for i := range r {
		binary.BigEndian.PutUint64(b[120-8*i:], r[i])
	}
	return new(big.Int).SetBytes(b[:])
}

// modulus is an odd modulus of up to 512 bits or, if it is wide, up to 1024, with
// what Montgomery's products need: they are x·y/R, where R is 2^512 or 2^1024.
type modulus struct {
	p       residue
	wide    bool
	inverse uint64  // of -p modulo 2^64
	rr      residue // R² modulo p
	number  *big.Int
}

func newModulus(p *big.Int) *modulus {
	m := &modulus{number: p, p: newResidue(p), wide: p.BitLen() > 512}
	// Newton's way: each step doubles the digits that are right, from 3 bits.
	x := m.p[0]
	for range 5 {
		x *= 2 - m.p[0]*x
	}
	m.inverse = -x
	size := uint(1024)
	if m.wide {
		size = 2048
	}
	power := new(big.Int)
	m.rr = newResidue(power.Mod(power.Lsh(big.NewInt(1), size), p))
	return m
}

// enter returns x in the form of mul: x·R.
func (m *modulus) enter(x *big.Int) residue {
	r := newResidue(new(big.Int).Mod(x, m.number))
	m.mul(&r, &r, &m.rr)
	return r
}

// leave returns the number below the modulus of which x is the form of mul.
func (m *modulus) leave(x *residue) *big.Int {
	var z residue
	m.mul(&z, x, &residue{1})
	n := z.number()
	if n.Cmp(m.number) == 0 {
		return new(big.Int)
	}
	return n
}

// window is how many bits of the exponent exp takes at a time, at most.
const window = 5

// exp returns x to the power of e, both in the form of mul. e is above 0.
func (m *modulus) exp(x *residue, e *big.Int) (z residue) {
	var odd [1 << (window - 1)]residue // x, x³, x⁵, …
	odd[0] = *x
	m.square(&z, x)
	for i := range len(odd) - 1 {
		m.mul(&odd[i+1], &odd[i], &z)
	}
	first := true
	for i := e.BitLen() - 1; i >= 0; {
		if e.Bit(i) == 0 {
			m.square(&z, &z)
			i--
			continue
		}
		last := max(i-window+1, 0)
		for e.Bit(last) == 0 {
			last++
		}
		var power uint
		for ; i >= last; i-- {
			power = power<<1 | e.Bit(i)
			if !first {
				m.square(&z, &z)
			}
		}
		if first {
			z, first = odd[power>>1], false
		} else {
			m.mul(&z, &z, &odd[power>>1])
		}
	}
	return z
}

// product is what two residues multiply to, with a digit for what is carried.
type product [33]uint64

func (t *product) at(i int) *[16]uint64 { return (*[16]uint64)(t[i:]) }

// carry adds c to the digits from i on.
func (t *product) carry(i int, c uint64) {
	for ; c != 0; i++ {
		t[i], c = bits.Add64(t[i], c, 0)
	}
}

// mul sets z to x·y/R modulo p. z may be x or y.
func (m *modulus) mul(z, x, y *residue) {
	var t product
	addMul(t.at(0), x.low(), y.low())
	if m.wide {
		addMul(t.at(8), x.low(), y.high())
		t[24] = addMul(t.at(8), x.high(), y.low())
		addMul(t.at(16), x.high(), y.high())
	}
	m.reduce(z, &t)
}

// square sets z to x·x/R modulo p. z may be x.
func (m *modulus) square(z, x *residue) {
	var t product
	if m.wide {
		addMul(t.at(8), x.low(), x.high())
		for i := 24; i > 8; i-- {
			t[i] = t[i]<<1 | t[i-1]>>63
		}
		t[8] <<= 1
	}
	t.carry(16, addMul(t.at(0), x.low(), x.low()))
	if m.wide {
		addMul(t.at(16), x.high(), x.high())
	}
	m.reduce(z, &t)
}

// reduce sets z to t/R modulo p.
func (m *modulus) reduce(z *residue, t *product) {
	low, high := m.p.low(), m.p.high()
	c := reduce(t.at(0), low, m.inverse)
	if !m.wide {
		*z.low() = digits(t[8:])
		if c != 0 {
			sub(z.low(), z.low(), low, 0)
		}
		return
	}
	t.carry(16, c)
	t.carry(24, addMul(t.at(8), (*digits)(t[:]), high))
	t.carry(24, reduce(t.at(8), low, m.inverse))
	t.carry(32, addMul(t.at(16), (*digits)(t[8:]), high))
	*z = residue(t[16:])
	if t[32] != 0 {
		sub(z.high(), z.high(), high, sub(z.low(), z.low(), low, 0))
	}
}
