//go:build !purego

package rtk

//go:noescape
func addMulAssembled(z *[16]uint64, x, y *digits) (carry uint64)

//go:noescape
func reduceAssembled(z *[16]uint64, p *digits, inverse uint64) (carry uint64)

func hasCarryChains() bool

// assembled says that this processor has the instructions of digits_amd64.s.
var assembled = hasCarryChains()

func addMul(z *[16]uint64, x, y *digits) (carry uint64) {
	if assembled {
		return addMulAssembled(z, x, y)
	}
	return addMulPortable(z, x, y)
}

func reduce(z *[16]uint64, p *digits, inverse uint64) (carry uint64) {
	if assembled {
		return reduceAssembled(z, p, inverse)
	}
	return reducePortable(z, p, inverse)
}
