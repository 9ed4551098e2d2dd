package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"sync"

	"go.etcd.io/bbolt"
)

// The buckets of the database, and the keys of bucketMeta. Deliveries and
// webhooks are under their IDs.
var (
	bucketMeta       = []byte("meta")
	bucketWebhooks   = []byte("webhooks")
	bucketDeliveries = []byte("deliveries")

	metaFormat    = []byte("format")
	metaKey       = []byte("key")
	metaLastID    = []byte("last-id")
	metaForgotten = []byte("forgotten")
)

// diskWriter writes to a database, one transaction at a time. What comes while
// one is on its way to the disk goes into the next.
type diskWriter struct {
	db     *bbolt.DB
	memory *memory

	mu      sync.Mutex
	running bool
	changes []change
	stale   map[uint64]bool // deliveries that the memory has changed or forgotten
	failed  error           // of the last transaction
}

// change is one that somebody waits for.
type change struct {
	apply func(*bbolt.Tx) error
	then  func() // after apply is on the disk, before the next transaction
	done  chan error
}

// commit returns when the change is on the disk and then has run, or with an
// error.
func (w *diskWriter) commit(apply func(*bbolt.Tx) error, then func()) error {
	c := change{apply, then, make(chan error, 1)}
	w.mu.Lock()
	w.changes = append(w.changes, c)
	w.start()
	w.mu.Unlock()
	if err := <-c.done; err != nil {
		return fmt.Errorf("store: write the state: %w", err)
	}
	return nil
}

// mark makes the disk's copy of a delivery agree with the memory some time later.
func (w *diskWriter) mark(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stale[id] = true
	w.start()
}

func (w *diskWriter) lastError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// start has run write what is there. w.mu is held.
func (w *diskWriter) start() {
	if !w.running {
		w.running = true
		go w.run()
	}
}

func (w *diskWriter) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.changes)+len(w.stale) > 0 {
		changes, stale := w.changes, w.stale
		w.changes, w.stale = nil, map[uint64]bool{}
		w.mu.Unlock()
		err := w.db.Update(func(tx *bbolt.Tx) error { return w.write(tx, changes, stale) })
		for _, c := range changes {
			if err == nil {
				c.then()
			}
			c.done <- err
		}
		w.mu.Lock()
		if w.failed = err; err != nil {
			maps.Copy(w.stale, stale)
			if len(w.changes) == 0 {
				break // nobody waits: the rest is written when there is more
			}
		}
	}
	w.running = false
}

func (w *diskWriter) write(tx *bbolt.Tx, changes []change, stale map[uint64]bool) error {
	bucket := tx.Bucket(bucketDeliveries)
	for id := range stale {
		var err error
		if d, known, _ := w.memory.Delivery(id); known {
			err = putJSON(bucket, key(id), d)
		} else {
			err = bucket.Delete(key(id))
		}
		if err != nil {
			return err
		}
	}
	if err := tx.Bucket(bucketMeta).Put(metaForgotten, key(w.memory.Forgotten())); err != nil {
		return err
	}
	for _, c := range changes {
		if err := c.apply(tx); err != nil {
			return err
		}
	}
	return nil
}

func putJSON(bucket *bbolt.Bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return bucket.Put(key, data)
}

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// number returns 0 for what is no number.
func number(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
