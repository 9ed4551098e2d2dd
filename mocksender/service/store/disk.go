package store

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Errors of OpenDisk that callers can tell apart.
var (
	// ErrLocked is matched if another process uses the folder.
	ErrLocked = errors.New("store: the state is in use")
	// ErrFormat is matched if this version cannot read what the folder holds.
	ErrFormat = errors.New("store: unreadable state")
)

const (
	diskFile   = "rtkmock.db"
	diskFormat = "1"         // what the database says of itself
	lockWait   = time.Second // how long another process may take to release it
)

// Disk is a Store in a folder. What it has acknowledged survives the process,
// however the process ends. It answers reads from memory, where it holds the same
// as on the disk; NewMemory says how much that is.
type Disk struct {
	*memory
	db     *bbolt.DB
	writer *diskWriter
}

// OpenDisk opens the state in the folder dir, and makes the folder if there is
// none. Only its owner can read it, because it holds the signing key. keep and
// keepBytes are those of NewMemory. Errors match ErrLocked, ErrFormat or those of
// the file system.
func OpenDisk(dir string, keep int, keepBytes int64) (*Disk, error) {
	return openDisk(dir, keep, keepBytes, lockWait)
}

func openDisk(dir string, keep int, keepBytes int64, settle time.Duration) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: make the state folder: %w", err)
	}
	path := filepath.Join(dir, diskFile)
	if err := checkSettled(path, settle); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w by another process: %s", ErrLocked, dir)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return nil, fmt.Errorf("%w: %s: %w", ErrFormat, path, err)
	case err != nil:
		return nil, fmt.Errorf("store: open the state: %w", err)
	}
	if err := db.Update(prepare); err != nil && !errors.Is(err, errReady) {
		return nil, errors.Join(err, db.Close())
	}
	m := newMemory(keep, keepBytes)
	w := &diskWriter{db: db, memory: m, stale: map[uint64]bool{}}
	m.onForget = w.mark
	return &Disk{m, db, w}, nil
}

// checkSettled checks the pages of the file at path. Another process may be writing
// them, so what is wrong has to stay so for as long as within.
func checkSettled(path string, within time.Duration) error {
	const again = 20 * time.Millisecond
	for waited := time.Duration(0); ; waited += again {
		err := checkPages(path)
		var what errDamaged
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &what):
			return fmt.Errorf("store: open the state: %w", err)
		case waited >= within:
			return fmt.Errorf("%w: %s is damaged: %w; want a folder with a copy of the state, or one without that file for a new state", ErrFormat, path, err)
		}
		time.Sleep(again)
	}
}

// errReady ends a transaction that has nothing to write.
var errReady = errors.New("store: ready")

// prepare makes the buckets of a new database, and refuses one that is not ours.
func prepare(tx *bbolt.Tx) error {
	if meta := tx.Bucket(bucketMeta); meta != nil {
		if found := meta.Get(metaFormat); string(found) != diskFormat {
			return fmt.Errorf("%w: %s has format %.20q, and this version reads %q", ErrFormat, tx.DB().Path(), found, diskFormat)
		}
		return errReady
	}
	if first, _ := tx.Cursor().First(); first != nil {
		return fmt.Errorf("%w: %s is a database of another program", ErrFormat, tx.DB().Path())
	}
	for _, name := range [][]byte{bucketMeta, bucketWebhooks, bucketDeliveries, bucketRecords} {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("store: make the state: %w", err)
		}
	}
	return tx.Bucket(bucketMeta).Put(metaFormat, []byte(diskFormat))
}

// Key returns the signing key that is kept, a PEM text, or nil. It may be called
// before Load.
func (d *Disk) Key() (pem []byte, err error) {
	err = d.db.View(func(tx *bbolt.Tx) error {
		pem = slices.Clone(tx.Bucket(bucketMeta).Get(metaKey))
		return nil
	})
	return pem, err
}

// orderedWebhook is a webhook and its place in the order of their creation.
type orderedWebhook struct {
	Place uint64 `json:"place"`
	Webhook
}

// Load implements Store.
func (d *Disk) Load() (Contents, error) {
	var out Contents
	var webhooks []orderedWebhook
	var all []Delivery
	err := d.db.View(func(tx *bbolt.Tx) (err error) {
		meta := tx.Bucket(bucketMeta)
		out.LastID, d.forgotten = number(meta.Get(metaLastID)), number(meta.Get(metaForgotten))
		if webhooks, err = readAll[orderedWebhook](tx.Bucket(bucketWebhooks)); err != nil {
			return fmt.Errorf("%w: a webhook: %w", ErrFormat, err)
		}
		// A state of an earlier version has no records.
		if records := tx.Bucket(bucketRecords); records != nil {
			out.Records = map[string][]byte{}
			err = records.ForEach(func(name, data []byte) error {
				out.Records[string(name)] = slices.Clone(data)
				return nil
			})
		}
		if err != nil {
			return err
		}
		if all, err = readAll[Delivery](tx.Bucket(bucketDeliveries)); err != nil {
			return fmt.Errorf("%w: a delivery: %w", ErrFormat, err)
		}
		return nil
	})
	if err != nil {
		return Contents{}, err
	}
	slices.SortFunc(webhooks, func(a, b orderedWebhook) int { return cmp.Compare(a.Place, b.Place) })
	for _, w := range webhooks {
		out.Webhooks = append(out.Webhooks, w.Webhook)
	}
	for _, one := range all {
		if !one.Over() {
			out.Pending = append(out.Pending, one)
		}
	}
	// The memory forgets those first that ended first.
	slices.SortStableFunc(all, func(a, b Delivery) int { return a.EndedAt.Compare(b.EndedAt) })
	return out, d.memory.Accept(all, nil)()
}

// readAll returns the values of a bucket, in the order of their keys.
func readAll[T any](bucket *bbolt.Bucket) (all []T, err error) {
	if bucket == nil {
		return nil, errors.New("all of them are missing")
	}
	err = bucket.ForEach(func(_, data []byte) error {
		var one T
		err := json.Unmarshal(data, &one)
		all = append(all, one)
		return err
	})
	return all, err
}

// PutWebhook implements Store.
func (d *Disk) PutWebhook(w Webhook) error {
	return d.writer.commit(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketWebhooks)
		var kept orderedWebhook
		if json.Unmarshal(bucket.Get([]byte(w.ID)), &kept) != nil {
			var err error
			if kept.Place, err = bucket.NextSequence(); err != nil {
				return err
			}
		}
		kept.Webhook = w
		return putJSON(bucket, []byte(w.ID), kept)
	}, func() {})
}

// DeleteWebhook implements Store.
func (d *Disk) DeleteWebhook(id string) error {
	return d.writer.commit(func(tx *bbolt.Tx) error { return tx.Bucket(bucketWebhooks).Delete([]byte(id)) }, func() {})
}

// PutKey implements Store.
func (d *Disk) PutKey(pem []byte) error {
	return d.writer.commit(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaKey, pem) }, func() {})
}

// Accept implements Store.
func (d *Disk) Accept(ds []Delivery, records []Record) (wait func() error) {
	encoded := make([][]byte, len(records))
	for i, r := range records {
		if r.Value == nil {
			continue
		}
		var err error
		if encoded[i], err = json.Marshal(r.Value); err != nil {
			err = fmt.Errorf("store: record %s: %w", r.Name, err)
			return func() error { return err }
		}
	}
	return d.writer.begin(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		last := number(meta.Get(metaLastID))
		for _, one := range ds {
			if err := putJSON(tx.Bucket(bucketDeliveries), key(one.ID), one); err != nil {
				return err
			}
			last = max(last, one.ID)
		}
		for i, r := range records {
			if err := putRecord(tx, r.Name, encoded[i]); err != nil {
				return err
			}
		}
		return meta.Put(metaLastID, key(last))
	}, func() { _ = d.memory.Accept(ds, nil) }) // it never fails
}

// putRecord puts a record, or removes it if data is nil.
func putRecord(tx *bbolt.Tx, name string, data []byte) error {
	bucket, err := tx.CreateBucketIfNotExists(bucketRecords)
	if err != nil {
		return err
	}
	if data == nil {
		return bucket.Delete([]byte(name))
	}
	return bucket.Put([]byte(name), data)
}

// Update implements Store. It does not wait for the disk. It returns the error
// that kept the last changes from the disk.
func (d *Disk) Update(one Delivery) error {
	_ = d.memory.Update(one) // it never fails
	d.writer.mark(one.ID)
	return d.writer.lastError()
}

// Clear implements Store.
func (d *Disk) Clear() error {
	return d.writer.commit(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketWebhooks, bucketDeliveries} {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Delete(metaForgotten)
	}, func() { _ = d.memory.Clear() }) // it never fails
}

// Close writes what is left and releases the folder. The error says what could
// not be written.
func (d *Disk) Close() error {
	err := d.writer.commit(func(*bbolt.Tx) error { return nil }, func() {})
	return errors.Join(err, d.db.Close())
}

// The buckets of the database, and the keys of bucketMeta. Deliveries and
// webhooks are under their IDs.
var (
	bucketMeta       = []byte("meta")
	bucketWebhooks   = []byte("webhooks")
	bucketDeliveries = []byte("deliveries")
	bucketRecords    = []byte("records")

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
	return w.begin(apply, then)()
}

// begin is commit, but the function that it returns waits.
func (w *diskWriter) begin(apply func(*bbolt.Tx) error, then func()) (wait func() error) {
	c := change{apply, then, make(chan error, 1)}
	w.mu.Lock()
	w.changes = append(w.changes, c)
	w.start()
	w.mu.Unlock()
	return func() error {
		if err := <-c.done; err != nil {
			return fmt.Errorf("store: write the state: %w", err)
		}
		return nil
	}
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
