package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// openState opens the folder of --state. Without one it returns nil.
func (a *app) openState(f *serveFlags) (*store.Disk, error) {
	if f.state == "" {
		return nil, nil
	}
	disk, err := store.OpenDisk(f.state, f.keep, 0)
	var path *fs.PathError
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, a.bad("state", "found %s in use by another server, want a folder of its own", f.state)
	case errors.As(err, &path):
		return nil, a.bad("state", "%s: %s", path.Path, fileProblem(path))
	case err != nil:
		return nil, a.bad("state", "%s", plain(err))
	}
	return disk, nil
}

// kept is the store of a service: the disk, or memory where there is none.
func kept(disk *store.Disk, keep int) store.Store {
	if disk == nil {
		return store.NewMemory(keep, 0)
	}
	return disk
}

// stateKeys returns the keys of --key. Without that flag they are those that
// disk holds, or fresh ones that it holds from now on.
func (a *app) stateKeys(file string, disk *store.Disk) (*rtk.Keyring, error) {
	if file != "" || disk == nil {
		return a.keyring(file)
	}
	pem, err := disk.Key()
	if err != nil {
		return nil, err
	}
	if len(pem) > 0 {
		key, err := rtk.ParsePrivateKey(pem)
		if err != nil {
			return nil, a.bad("state", "the key that it holds: %s", plain(err))
		}
		return rtk.NewKeyring(key), nil
	}
	key, err := rtk.GenerateKey()
	if err != nil {
		return nil, err
	}
	if pem, err = rtk.PrivatePEM(key); err != nil {
		return nil, err
	}
	return rtk.NewKeyring(key), disk.PutKey(pem)
}

// gate answers for the key from the start. Whatever else is asked for waits for
// the service, which may have a state to read first.
type gate struct {
	key    http.Handler
	served func()          // called when the key has been served
	once   context.Context // done then
	open   chan struct{}   // closed when rest is there
	rest   http.Handler
}

func newGate(key http.Handler) *gate {
	once, served := context.WithCancel(context.Background())
	return &gate{key: key, once: once, served: served, open: make(chan struct{})}
}

// firstKey is how long the key has the processors for itself. Whoever started
// this process waits for the key before anything else.
const firstKey = 2 * time.Millisecond

// keyFirst returns when the key has been served, or nobody has asked for it.
func (g *gate) keyFirst() {
	t := time.NewTimer(firstKey)
	defer t.Stop()
	select {
	case <-g.once.Done():
	case <-t.C:
	}
}

func (g *gate) let(rest http.Handler) {
	g.rest = rest
	close(g.open)
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == rtk.KeyDocumentPath {
		g.key.ServeHTTP(w, r)
		if w.Header().Get("Content-Length") != "" {
			_ = http.NewResponseController(w).Flush() // before anything is noted
		}
		g.served()
		return
	}
	select {
	case <-g.open:
		g.rest.ServeHTTP(w, r)
	case <-r.Context().Done():
	}
}
