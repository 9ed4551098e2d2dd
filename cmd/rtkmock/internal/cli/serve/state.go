package serve

import (
	"errors"
	"io/fs"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// openState opens the folder of --state. Without one it returns nil.
func (o *options) openState() (*store.Disk, error) {
	if o.state == "" {
		return nil, nil
	}
	disk, err := store.OpenDisk(o.state, o.keep, 0)
	var path *fs.PathError
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, o.BadFlag("state", "found %s in use by another server, want a folder of its own", o.state)
	case errors.As(err, &path):
		return nil, o.BadFlag("state", "%s: %s", path.Path, files.Problem(path))
	case err != nil:
		return nil, o.BadFlag("state", "%s", exit.Plain(err))
	}
	return disk, nil
}

// maxPreload bounds the file of --preload, in bytes.
const maxPreload = 256 << 20

// readPreload reads the file of --preload. Without one it returns nil.
func (o *options) readPreload() (*service.Snapshot, error) {
	if o.preload == "" {
		return nil, nil
	}
	data, err := o.ReadFile("preload", o.preload, maxPreload)
	if err != nil {
		return nil, err
	}
	state, err := service.ParseSnapshot(data)
	if err != nil {
		return nil, o.BadFlag("preload", "%s: %s", o.preload, exit.Plain(err))
	}
	return &state, nil
}

// restore begins with the state of --preload, unless there is one already.
func (o *options) restore(svc *service.Service, state *service.Snapshot) error {
	switch {
	case state == nil:
		return nil
	case len(svc.Platform().Keys()) > 0 || len(svc.Webhooks()) > 0:
		o.Notef("the state in %s goes on; --preload is not used", o.state)
		return nil
	}
	if err := svc.Restore(*state); err != nil {
		return o.BadFlag("preload", "%s: %s", o.preload, exit.Plain(err))
	}
	return nil
}

// storeOf returns where the service keeps things: the disk, or memory if there
// is none.
func storeOf(disk *store.Disk, keep int) store.Store {
	if disk == nil {
		return store.NewMemory(keep, 0)
	}
	return disk
}

// keyring returns the key of --key. Without that flag it is the key that disk
// holds, or a fresh one that disk holds from now on.
func (o *options) keyring(disk *store.Disk) (*rtk.Keyring, error) {
	if o.Key != "" || disk == nil {
		return o.Keyring(o.Key)
	}
	pem, err := disk.Key()
	if err != nil {
		return nil, err
	}
	if len(pem) > 0 {
		key, err := rtk.ParsePrivateKey(pem)
		if err != nil {
			return nil, o.BadFlag("state", "the key that it holds: %s", exit.Plain(err))
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
