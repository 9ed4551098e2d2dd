package media

// The picture in macroblocks of 16 by 16 pixels, and how long each lasts.
const (
	columns, rows = 11, 7
	frames        = 24 // once round
	frameRate     = 5
)

// colour is one pixel in YCbCr, as BT.601 maps it to 16..240. No sample is 0,
// which old decoders dislike in plain macroblocks.
type colour struct{ y, cb, cr int }

func background() colour { return colour{50, 137, 122} }
func foreground() colour { return colour{159, 75, 180} }

// dotAt returns the macroblock that the dot is in during a frame, counted row
// by row: it goes round one macroblock inside the edge.
func dotAt(frame int) int {
	const across, down = columns - 3, rows - 3
	x, y := 1, 1
	switch {
	case frame < across:
		x += frame
	case frame < across+down:
		x, y = x+across, y+frame-across
	case frame < 2*across+down:
		x, y = x+2*across+down-frame, y+down
	default:
		y += 2*(across+down) - frame
	}
	return y*columns + x
}

// flat returns the 384 samples of a macroblock of background: 16x16 of Y, then
// 8x8 of Cb and of Cr.
func flat() []byte { return macroblock(func(int, int) int { return 0 }) }

// dot returns a macroblock with a disc in the middle. Its edge is background,
// so what is predicted from the edge is background too.
func dot() []byte { return macroblock(coverage) }

// coverage returns how many of the 16 points of a pixel lie in the disc of
// radius 6 around the macroblock's middle. Lengths are eighths of a pixel.
func coverage(x, y int) int {
	const middle, radius = 8 * 8, 48
	inside := 0
	for i := 1; i < 8; i += 2 {
		for j := 1; j < 8; j += 2 {
			dx, dy := 8*x+i-middle, 8*y+j-middle
			if dx*dx+dy*dy < radius*radius {
				inside++
			}
		}
	}
	return inside
}

func macroblock(covered func(x, y int) int) []byte {
	var luma, cb, cr []byte
	back, front := background(), foreground()
	mix := func(back, front, share, of int) byte { return byte(back + (front-back)*share/of) }
	for y := range 16 {
		for x := range 16 {
			luma = append(luma, mix(back.y, front.y, covered(x, y), 16))
			if x%2 == 0 && y%2 == 0 {
				share := covered(x, y) + covered(x+1, y) + covered(x, y+1) + covered(x+1, y+1)
				cb = append(cb, mix(back.cb, front.cb, share, 64))
				cr = append(cr, mix(back.cr, front.cr, share, 64))
			}
		}
	}
	return append(append(luma, cb...), cr...)
}
