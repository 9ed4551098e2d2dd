package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"go.etcd.io/bbolt"
)

// diskWebhook is a webhook and its place in the order of their creation.
type diskWebhook struct {
	Place uint64 `json:"place"`
	Webhook
}

// PutWebhook implements Store.
func (d *Disk) PutWebhook(w Webhook) error {
	return d.durably(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketWebhooks)
		kept := diskWebhook{Webhook: w}
		var before diskWebhook
		var err error
		if json.Unmarshal(bucket.Get([]byte(w.ID)), &before) == nil {
			kept.Place = before.Place
		} else if kept.Place, err = bucket.NextSequence(); err != nil {
			return err
		}
		data, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		return bucket.Put([]byte(w.ID), data)
	})
}

// DeleteWebhook implements Store.
func (d *Disk) DeleteWebhook(id string) error {
	return d.durably(func(tx *bbolt.Tx) error { return tx.Bucket(bucketWebhooks).Delete([]byte(id)) })
}

// PutKey implements Store.
func (d *Disk) PutKey(pem []byte) error {
	return d.durably(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaKey, pem) })
}

// Accept implements Store.
func (d *Disk) Accept(ds []Delivery) error {
	d.whole.RLock()
	defer d.whole.RUnlock()
	written := make([][]byte, len(ds))
	for i, one := range ds {
		data, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("service: write delivery %d: %w", one.ID, err)
		}
		written[i] = data
	}
	err := d.durably(func(tx *bbolt.Tx) error {
		bucket, meta := tx.Bucket(bucketDeliveries), tx.Bucket(bucketMeta)
		last := number64(meta.Get(metaLastID))
		for i, one := range ds {
			if err := bucket.Put(key64(one.ID), written[i]); err != nil {
				return err
			}
			last = max(last, one.ID)
		}
		return meta.Put(metaLastID, key64(last))
	})
	if err != nil {
		return err
	}
	return d.memory.Accept(ds)
}

// Update implements Store. It does not wait for the disk, and returns what kept
// the last changes from it.
func (d *Disk) Update(one Delivery) error {
	if !d.memory.update(one) {
		return nil
	}
	d.mu.Lock()
	d.dirty[one.ID] = one
	failed := d.failed
	d.mu.Unlock()
	// It may have made room for another one meanwhile.
	if _, still, _ := d.memory.Delivery(one.ID); !still {
		d.mu.Lock()
		delete(d.dirty, one.ID)
		d.mu.Unlock()
	}
	d.rouse()
	return failed
}

// forgetLater has the disk forget a delivery, too.
func (d *Disk) forgetLater(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.dirty, id)
	d.gone = append(d.gone, id)
}

// Clear implements Store.
func (d *Disk) Clear() error {
	d.whole.Lock()
	defer d.whole.Unlock()
	err := d.durably(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketWebhooks, bucketDeliveries} {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Delete(metaForgotten)
	})
	if err != nil {
		return err
	}
	if err := d.memory.Clear(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.dirty)
	d.gone = nil
	return nil
}

// durably returns when the change is on the disk, together with those of others
// who ask at the same time.
func (d *Disk) durably(change func(*bbolt.Tx) error) error {
	r := request{change, make(chan error, 1)}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return ErrClosed
	}
	d.asked = append(d.asked, r)
	d.mu.Unlock()
	d.rouse()
	if err := <-r.done; err != nil {
		return fmt.Errorf("service: write the state: %w", err)
	}
	return nil
}

func (d *Disk) rouse() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// commitAll writes what is asked for, a transaction at a time: while one is on
// its way to the disk, the next gathers.
func (d *Disk) commitAll() {
	defer close(d.over)
	for range d.wake {
		for d.commit() {
		}
		d.mu.Lock()
		closed := d.closed
		d.mu.Unlock()
		if closed {
			return
		}
	}
}

// commit writes what has gathered, and reports whether that succeeded and there
// was any.
func (d *Disk) commit() bool {
	d.mu.Lock()
	asked, dirty, gone := d.asked, d.dirty, d.gone
	d.asked, d.dirty, d.gone = nil, map[uint64]Delivery{}, nil
	d.mu.Unlock()
	if len(asked) == 0 && len(dirty) == 0 && len(gone) == 0 {
		return false
	}
	err := d.db.Update(func(tx *bbolt.Tx) error { return write(tx, asked, dirty, gone) })
	d.mu.Lock()
	d.failed = err
	if err != nil { // what nobody waits for is written with the next change
		maps.Copy(dirty, d.dirty)
		d.dirty, d.gone = dirty, append(gone, d.gone...)
		for _, id := range d.gone {
			delete(d.dirty, id)
		}
	}
	d.mu.Unlock()
	for _, r := range asked {
		r.done <- err
	}
	return err == nil
}

func write(tx *bbolt.Tx, asked []request, dirty map[uint64]Delivery, gone []uint64) error {
	bucket, meta := tx.Bucket(bucketDeliveries), tx.Bucket(bucketMeta)
	for id, one := range dirty {
		data, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if err := bucket.Put(key64(id), data); err != nil {
			return err
		}
	}
	for _, id := range gone {
		if err := bucket.Delete(key64(id)); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		n := number64(meta.Get(metaForgotten)) + uint64(len(gone))
		if err := meta.Put(metaForgotten, key64(n)); err != nil {
			return err
		}
	}
	for _, r := range asked {
		if err := r.change(tx); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is left and lets go of the folder. The error says what could
// not be written.
func (d *Disk) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return ErrClosed
	}
	d.closed = true
	d.mu.Unlock()
	d.rouse()
	<-d.over
	d.mu.Lock()
	failed := d.failed
	d.mu.Unlock()
	return errors.Join(failed, d.db.Close())
}
