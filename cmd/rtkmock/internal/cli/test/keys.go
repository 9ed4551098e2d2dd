package test

import (
	"crypto/rsa"
	"os"
	"path/filepath"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/keycache"
	"github.com/rtkmock/rtkmock/conformance"
)

// keptKeys are the keys of the last runs. The zero value keeps none: the user gives
// the key, or the receiver ends with the run.
type keptKeys struct {
	cache *keycache.Cache
	first *rsa.PrivateKey // that the run has begun with
}

// openKeys opens the keys of the last runs against the receiver at the URL text. A
// run needs none, so what stands in the way is only reported.
func (r *run) openKeys(text string) keptKeys {
	if r.url == nil || r.Key != "" || r.judging.Production {
		return keptKeys{}
	}
	cache, err := openCache(r.App, text)
	if err != nil {
		r.Notef("the key is not kept for later runs: %s", files.Problem(err))
	}
	return keptKeys{cache: cache}
}

func openCache(a *app.App, text string) (*keycache.Cache, error) {
	folder := a.Env["XDG_CACHE_HOME"]
	if !filepath.IsAbs(folder) {
		var err error
		if folder, err = os.UserCacheDir(); err != nil {
			return nil, err
		}
	}
	work, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	return keycache.Open(folder, work, text)
}

func (k keptKeys) earlier() conformance.Earlier {
	if k.cache == nil {
		return conformance.Earlier{}
	}
	return conformance.Earlier{Keys: k.cache.Keys(), Place: "kept in " + k.cache.Dir + "; delete that folder to drop it"}
}

// begin keeps the key of the run before the receiver can get it: a run may end in
// any way.
func (k *keptKeys) begin(r *run) {
	if k.cache == nil {
		return
	}
	key, err := r.judging.Endpoints.Keys.Key()
	if err == nil {
		k.first = key
		err = k.cache.Keep(key)
	}
	k.report(r, err)
}

// end keeps the keys that the receiver may hold from now on. A key that nobody has
// fetched or been given is dropped: it would take the place of one that somebody
// holds.
func (k *keptKeys) end(r *run) {
	if k.first == nil {
		return
	}
	endpoints := r.judging.Endpoints
	var err error
	if endpoints.KeyServer.Fetches() == 0 && len(r.command.keyPEMEnv) == 0 {
		err = k.cache.Drop(k.first)
	} else if last, failed := endpoints.Keys.Key(); failed == nil && !last.Equal(k.first) {
		err = k.cache.Keep(last)
	}
	if adopted := endpoints.Earlier.Adopted; err == nil && adopted != nil {
		err = k.cache.Keep(adopted)
	}
	k.report(r, err)
}

func (k *keptKeys) report(r *run, err error) {
	if err != nil {
		r.Notef("the key is not kept for later runs: %s", files.Problem(err))
		k.cache, k.first = nil, nil
	}
}
