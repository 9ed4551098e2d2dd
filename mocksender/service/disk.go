package service

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
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
	// ErrLocked is matched where another process uses the folder.
	ErrLocked = errors.New("service: the state is in use")
	// ErrFormat is matched where the folder holds what this version cannot read.
	ErrFormat = errors.New("service: unreadable state")
)

// diskFile is the database in the folder, diskFormat what it says of itself, and
// lockWait how long another process may take to let go of it.
const (
	diskFile   = "rtkmock.db"
	diskFormat = "1"
	lockWait   = time.Second
)

// The buckets of the database, and what bucketMeta holds. Deliveries are kept
// under their ID, webhooks under theirs.
var (
	bucketMeta       = []byte("meta")
	bucketWebhooks   = []byte("webhooks")
	bucketDeliveries = []byte("deliveries")

	metaFormat    = []byte("format")
	metaKey       = []byte("key")
	metaLastID    = []byte("last-id")
	metaForgotten = []byte("forgotten")
)

// Disk is a Store in a folder. What it has acknowledged outlives the process,
// however that ends. Reads are answered from memory, which holds what the disk
// does; see NewMemory for how much that is.
type Disk struct {
	*memory
	db *bbolt.DB

	// whole is held for writing while everything is cleared, and for reading
	// while deliveries are accepted: on the disk and in memory alike.
	whole sync.RWMutex

	mu     sync.Mutex
	asked  []request
	dirty  map[uint64]Delivery // not written yet
	gone   []uint64            // forgotten, and still on the disk
	failed error               // of the last commit
	closed bool
	wake   chan struct{}
	over   chan struct{} // closed when the committer has ended
}

// request is a change that somebody waits for.
type request struct {
	change func(*bbolt.Tx) error
	done   chan error
}

// OpenDisk opens the state in the folder dir, which is made if it is not there.
// It is readable by its owner alone, as it holds the signing key. keep and
// keepBytes are those of NewMemory. Errors match ErrLocked, ErrFormat or those
// of the file system.
func OpenDisk(dir string, keep int, keepBytes int64) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("service: make the state folder: %w", err)
	}
	path := filepath.Join(dir, diskFile)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w by another process: %s", ErrLocked, dir)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return nil, fmt.Errorf("%w: %s: %w", ErrFormat, path, err)
	case err != nil:
		return nil, fmt.Errorf("service: open the state: %w", err)
	}
	d := &Disk{
		memory: newMemory(keep, keepBytes), db: db, dirty: map[uint64]Delivery{},
		wake: make(chan struct{}, 1), over: make(chan struct{}),
	}
	d.forget = d.forgetLater
	fresh := false
	err = db.View(func(tx *bbolt.Tx) (err error) {
		fresh, err = inspect(tx, path)
		return err
	})
	if err == nil && fresh { // only then: writing waits for the disk
		err = db.Update(prepare)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go d.commitAll()
	return d, nil
}

// inspect refuses what is not ours, and reports whether there is nothing yet.
func inspect(tx *bbolt.Tx, path string) (fresh bool, err error) {
	if meta := tx.Bucket(bucketMeta); meta != nil {
		if found := meta.Get(metaFormat); string(found) != diskFormat {
			return false, fmt.Errorf("%w: %s has format %.20q, and this version reads %q", ErrFormat, path, found, diskFormat)
		}
		return false, nil
	}
	if first, _ := tx.Cursor().First(); first != nil {
		return false, fmt.Errorf("%w: %s is a database of another program", ErrFormat, path)
	}
	return true, nil
}

// prepare makes the buckets of a new database.
func prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketWebhooks, bucketDeliveries} {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("service: make the state: %w", err)
		}
	}
	return tx.Bucket(bucketMeta).Put(metaFormat, []byte(diskFormat))
}

// Key returns the signing key that is kept, a PEM text, or nil. It may be called
// before Load.
func (d *Disk) Key() ([]byte, error) {
	var pem []byte
	err := d.db.View(func(tx *bbolt.Tx) error {
		pem = slices.Clone(tx.Bucket(bucketMeta).Get(metaKey))
		return nil
	})
	return pem, err
}

// Load implements Store.
func (d *Disk) Load() (Stored, error) {
	var out Stored
	var webhooks []diskWebhook
	var all []Delivery
	err := d.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		out.Key = slices.Clone(meta.Get(metaKey))
		out.LastID = number64(meta.Get(metaLastID))
		d.forgotten = number64(meta.Get(metaForgotten))
		err := tx.Bucket(bucketWebhooks).ForEach(func(_, data []byte) error {
			var w diskWebhook
			if err := json.Unmarshal(data, &w); err != nil {
				return fmt.Errorf("%w: a webhook: %w", ErrFormat, err)
			}
			webhooks = append(webhooks, w)
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Bucket(bucketDeliveries).ForEach(func(id, data []byte) error {
			var one Delivery
			if err := json.Unmarshal(data, &one); err != nil {
				return fmt.Errorf("%w: delivery %d: %w", ErrFormat, number64(id), err)
			}
			all = append(all, one)
			return nil
		})
	})
	if err != nil {
		return Stored{}, err
	}
	slices.SortFunc(webhooks, func(a, b diskWebhook) int { return cmp.Compare(a.Place, b.Place) })
	for _, w := range webhooks {
		out.Webhooks = append(out.Webhooks, w.Webhook)
	}
	for _, one := range all {
		if !one.Over() {
			out.Pending = append(out.Pending, one)
		}
	}
	return out, d.memory.Accept(inOrderOfTheirEnd(all))
}

// inOrderOfTheirEnd has what makes room first at the front.
func inOrderOfTheirEnd(all []Delivery) []Delivery {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Delivery) int { return a.EndedAt.Compare(b.EndedAt) })
	return sorted
}

func key64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// number64 is 0 for what is no number.
func number64(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
