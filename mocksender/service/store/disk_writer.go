package store

import (
	"fmt"
	"maps"
	"sync"

	"go.etcd.io/bbolt"
)

// diskWriter writes changes to a database, one transaction at a time. What comes
// while one is on its way to the disk goes into the next.
type diskWriter struct {
	db   *bbolt.DB
	done chan struct{} // closed when run has returned

	mu     sync.Mutex
	cond   *sync.Cond // there is something to write, or closed
	next   batch
	ready  bool  // to write next; false after a failure until there is more
	failed error // of the last transaction
	closed bool
}

// batch is what one transaction writes.
type batch struct {
	changes []change
	updated map[uint64]Delivery
	removed []uint64
}

// change is one that somebody waits for.
type change struct {
	apply func(*bbolt.Tx) error
	done  chan error
}

func startDiskWriter(db *bbolt.DB) *diskWriter {
	w := &diskWriter{db: db, done: make(chan struct{}), next: batch{updated: map[uint64]Delivery{}}}
	w.cond = sync.NewCond(&w.mu)
	go w.run()
	return w
}

// commit returns when the change is on the disk, or could not be written.
func (w *diskWriter) commit(apply func(*bbolt.Tx) error) error {
	c := change{apply, make(chan error, 1)}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	w.next.changes = append(w.next.changes, c)
	w.wake()
	w.mu.Unlock()
	if err := <-c.done; err != nil {
		return fmt.Errorf("store: write the state: %w", err)
	}
	return nil
}

// update writes d some time later.
func (w *diskWriter) update(d Delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next.updated[d.ID] = d
	w.wake()
}

// remove removes a delivery some time later.
func (w *diskWriter) remove(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.next.updated, id)
	w.next.removed = append(w.next.removed, id)
	w.wake()
}

// forget drops the updates and removals that are not written yet.
func (w *diskWriter) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.next.updated)
	w.next.removed = nil
}

// lastError returns what kept the last transaction from the disk.
func (w *diskWriter) lastError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// close writes what is left.
func (w *diskWriter) close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	w.closed = true
	w.wake()
	w.mu.Unlock()
	<-w.done
	return w.failed
}

// wake has run write what is there. w.mu is held.
func (w *diskWriter) wake() {
	w.ready = true
	w.cond.Signal()
}

func (w *diskWriter) run() {
	defer close(w.done)
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for !w.ready {
			if w.closed {
				return
			}
			w.cond.Wait()
		}
		b := w.next
		w.next, w.ready = batch{updated: map[uint64]Delivery{}}, false
		if len(b.changes)+len(b.updated)+len(b.removed) == 0 {
			continue
		}
		w.mu.Unlock()
		err := w.db.Update(b.write)
		for _, c := range b.changes {
			c.done <- err
		}
		w.mu.Lock()
		if w.failed = err; err != nil {
			w.retry(b)
		}
	}
}

// retry has the next transaction write the updates and removals of b, which
// nobody waits for. w.mu is held.
func (w *diskWriter) retry(b batch) {
	maps.Copy(b.updated, w.next.updated)
	w.next.updated, w.next.removed = b.updated, append(b.removed, w.next.removed...)
	for _, id := range w.next.removed {
		delete(w.next.updated, id)
	}
}

func (b batch) write(tx *bbolt.Tx) error {
	deliveries, meta := tx.Bucket(bucketDeliveries), tx.Bucket(bucketMeta)
	for id, d := range b.updated {
		if err := putJSON(deliveries, key(id), d); err != nil {
			return err
		}
	}
	for _, id := range b.removed {
		if err := deliveries.Delete(key(id)); err != nil {
			return err
		}
	}
	if n := uint64(len(b.removed)); n > 0 {
		if err := meta.Put(metaForgotten, key(number(meta.Get(metaForgotten))+n)); err != nil {
			return err
		}
	}
	for _, c := range b.changes {
		if err := c.apply(tx); err != nil {
			return err
		}
	}
	return nil
}
