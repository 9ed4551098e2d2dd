package test

import (
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/keycache"
	"github.com/rtkmock/rtkmock/conformance"
)

// keptKeys are the keys of the last runs. The zero value keeps none: the user gives
// the key, or the receiver ends with the run.
type keptKeys struct {
	cache *keycache.Cache
	first *rsa.PrivateKey // that the run has begun with
}

// begin has the run know the keys of the last runs against the receiver at the URL
// text, and keeps its own before the receiver can get it: a run may end in any way.
// A run needs no kept key, so what stands in the way is only reported.
func (k *keptKeys) begin(r *run, text string) {
	if r.url == nil || r.Key != "" || r.judging.Production {
		return
	}
	cache, err := openCache(r.App, text)
	if err != nil {
		k.report(r, err)
		return
	}
	k.cache = cache
	r.judging.Endpoints.Earlier = conformance.Earlier{
		Keys: cache.Keys(), Place: "kept in " + cache.Dir + "; delete that folder to drop it",
	}
	if k.first, err = r.judging.Endpoints.Keys.Key(); err == nil {
		err = cache.Keep(k.first)
	}
	k.report(r, err)
}

func openCache(a *app.App, text string) (*keycache.Cache, error) {
	folder := a.Env["XDG_CACHE_HOME"]
	if !filepath.IsAbs(folder) {
		if a.Env["HOME"] == "" && a.Env["LOCALAPPDATA"] == "" && a.Env["LocalAppData"] == "" {
			return nil, errors.New("neither XDG_CACHE_HOME nor HOME is set")
		}
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
		r.Notef("the key is not kept for later runs: %s", exit.Plain(err))
		k.cache, k.first = nil, nil
	}
}
