//go:build !amd64 || purego

package rtk

const assembled = false

func addMul(z *[16]uint64, x, y *digits) (carry uint64) { return addMulPortable(z, x, y) }

func reduce(z *[16]uint64, p *digits, inverse uint64) (carry uint64) {
	return reducePortable(z, p, inverse)
}
