package dispatch

import (
	"fmt"
	"time"
)

// MaxScale bounds how far SetScale stretches waits.
const MaxScale = 1000

// SetScale makes the waits before retries scale times as long as the retry policy
// says. 1 leaves them as they are, 0 removes them. It also changes the waits that
// have begun. The error matches ErrOptions.
func (d *Dispatcher) SetScale(scale float64) error {
	if !(scale >= 0 && scale <= MaxScale) {
		return fmt.Errorf("%w: scale: found %v, want 0 to %d", ErrOptions, scale, MaxScale)
	}
	d.mu.Lock()
	if scale != d.scale {
		d.rescale(scale)
	}
	d.mu.Unlock()
	d.o.Observer.ScaleSet()
	return nil
}

// rescale is SetScale. d.mu is held.
func (d *Dispatcher) rescale(scale float64) {
	before := d.scale
	d.scale = scale
	for _, q := range d.webhooks {
		for j := range q.jobs {
			if !j.waits {
				continue
			}
			left := time.Until(j.due)
			if before > 0 {
				left = time.Duration(float64(left) * scale / before)
			}
			d.wait(j, left)
			if j.timer != nil {
				j.timer.Stop()
				d.arm(j)
			}
		}
	}
}
