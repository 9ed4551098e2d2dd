package media

import "math/bits"

// bitWriter writes values most significant bit first, as H.264, AAC and MP3 do.
type bitWriter struct {
	out  []byte
	free int // bits of the last byte that are not written yet
}

// u writes the n low bits of v.
func (w *bitWriter) u(n int, v uint32) {
	for n--; n >= 0; n-- {
		if w.free == 0 {
			w.out, w.free = append(w.out, 0), 8
		}
		w.free--
		w.out[len(w.out)-1] |= byte(v>>n&1) << w.free
	}
}

// ue writes v as an Exp-Golomb code (ITU-T H.264, 9.1): as many zeros as v+1
// has bits after its first, then v+1. A signed 0 has the code of an unsigned 0,
// and no other signed value is needed here.
func (w *bitWriter) ue(v uint32) {
	length := bits.Len32(v + 1)
	w.u(length-1, 0)
	w.u(length, v+1)
}

// align writes zeros up to the next whole byte.
func (w *bitWriter) align() { w.free = 0 }

// trail ends an RBSP (7.3.2.11): a one, then zeros up to the whole byte.
func (w *bitWriter) trail() {
	w.u(1, 1)
	w.align()
}

// samples writes whole bytes; the writer must be aligned.
func (w *bitWriter) samples(p []byte) { w.out = append(w.out, p...) }
