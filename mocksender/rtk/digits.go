package rtk

import "math/bits"

// digits are eight digits of a number, the least first.
type digits [8]uint64

// addMulPortable adds x·y to z.
func addMulPortable(z *[16]uint64, x, y *digits) (carry uint64) { return addRows(z, x, y, 0) }

// reducePortable adds to z the multiple of p that makes its lower half zero, and
// leaves the factor there. The inverse is that of -p modulo 2^64.
func reducePortable(z *[16]uint64, p *digits, inverse uint64) (carry uint64) {
	return addRows(z, p, nil, inverse)
}

// addRows adds x times a digit for each of the lower digits of z: those of y or,
// without it, those that make the lower digits zero. The lines are written out, as
// the compiler does not, and half of the time would go into the loop.
func addRows(z *[16]uint64, x, y *digits, inverse uint64) (carry uint64) {
	t0, t1, t2, t3, t4, t5, t6, t7 := z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7]
	for i := range 8 {
		d := t0 * inverse
		if y != nil {
			d = y[i]
		}
		h0, l0 := bits.Mul64(x[0], d)
		h1, l1 := bits.Mul64(x[1], d)
		h2, l2 := bits.Mul64(x[2], d)
		h3, l3 := bits.Mul64(x[3], d)
		h4, l4 := bits.Mul64(x[4], d)
		h5, l5 := bits.Mul64(x[5], d)
		h6, l6 := bits.Mul64(x[6], d)
		h7, l7 := bits.Mul64(x[7], d)
		low, c := bits.Add64(t0, l0, 0)
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
		z[i] = low
		if y == nil {
			z[i] = d
		}
	}
	z[8], carry = bits.Add64(z[8], t0, 0)
	z[9], carry = bits.Add64(z[9], t1, carry)
	z[10], carry = bits.Add64(z[10], t2, carry)
	z[11], carry = bits.Add64(z[11], t3, carry)
	z[12], carry = bits.Add64(z[12], t4, carry)
	z[13], carry = bits.Add64(z[13], t5, carry)
	z[14], carry = bits.Add64(z[14], t6, carry)
	z[15], carry = bits.Add64(z[15], t7, carry)
	return carry
}

// sub sets z to x-y.
func sub(z, x, y *digits, borrow uint64) uint64 {
	z[0], borrow = bits.Sub64(x[0], y[0], borrow)
	z[1], borrow = bits.Sub64(x[1], y[1], borrow)
	z[2], borrow = bits.Sub64(x[2], y[2], borrow)
	z[3], borrow = bits.Sub64(x[3], y[3], borrow)
	z[4], borrow = bits.Sub64(x[4], y[4], borrow)
	z[5], borrow = bits.Sub64(x[5], y[5], borrow)
	z[6], borrow = bits.Sub64(x[6], y[6], borrow)
	z[7], borrow = bits.Sub64(x[7], y[7], borrow)
	return borrow
}
