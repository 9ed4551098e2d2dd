package conformance

import (
	"bytes"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Paths of the endpoints, besides the key document's.
const (
	artifactsPrefix = "/artifacts"
	attackerPrefix  = "/attacker"
	elsewherePrefix = "/elsewhere"
)

// Endpoints are what the harness serves to the target: the key endpoint that the target
// verifies with, the contents behind the download links, the REST API, and an attacker's
// key endpoint that nobody should ever ask.
type Endpoints struct {
	Keys      *rtk.Keyring
	KeyServer *wellknown.Server
	Artifacts *artifacts.Server
	// API is the REST API, for a target that calls back. It has what the events of the
	// run say.
	API *rest.Server

	Attacker       *rtk.Keyring
	AttackerServer *wellknown.Server

	// ElsewhereServer serves the attacker's key to a target that follows a redirect of
	// the key endpoint to another host.
	ElsewhereServer *wellknown.Server

	// OtherBase is a URL like the base, with another host name that leads targets to the
	// same Handler. Empty: the base with the other name of the loopback address, if it is
	// one.
	OtherBase string

	// LinksHost is a host name that leads targets to NamesHandler, over https: download
	// links lead there, as long as the target can follow them. Empty: they lead to the
	// base.
	LinksHost string
	// LinksDistrusted reports that the target has connected to LinksHost, and has never
	// asked for anything there: it does not trust the certificate. Nil: it does.
	LinksDistrusted func() bool
	// KeyDistrusted reports that of the host name by which the real service serves its key,
	// where that leads to NamesHandler. Nil: it does not.
	KeyDistrusted func() bool
	// NamesHint says why a target that refuses has not fetched its key, as far as host
	// names of the real service have to do with it. Nil: nobody knows.
	NamesHint func() string

	// Next is the key that replaces the one in Keys at the end of a run. Nil: a run that
	// changes the key makes one.
	Next *rtk.Keyring

	// Earlier are keys of earlier runs that the target may still hold.
	Earlier Earlier

	base   string
	byName atomic.Int64 // fetches of the key through NamesHandler
	// linksFollowed says that a request for LinksHost came, and linksPlain that download
	// links lead to the base from now on: the target cannot follow the others.
	linksFollowed, linksPlain atomic.Bool
}

// NewEndpoints returns endpoints that serve the public half of keys. base is the URL,
// without a path, under which targets reach its Handler.
func NewEndpoints(keys *rtk.Keyring, base string) *Endpoints {
	return NewEndpointsWithAttacker(rtk.GenerateKeyring(), keys, base)
}

// NewEndpointsWithAttacker is NewEndpoints with an attacker's key that exists already.
func NewEndpointsWithAttacker(attacker, keys *rtk.Keyring, base string) *Endpoints {
	s := &Endpoints{
		Keys:            keys,
		KeyServer:       wellknown.New(keys),
		Artifacts:       artifacts.New(),
		Attacker:        attacker,
		AttackerServer:  wellknown.New(attacker),
		ElsewhereServer: wellknown.New(attacker),
		base:            strings.TrimSuffix(base, "/"),
	}
	s.API = rest.Follow(keys, s.ArtifactsURL)
	return s
}

// Handler serves all endpoints.
func (s *Endpoints) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.KeyServer)
	mux.Handle(artifactsPrefix+"/", http.StripPrefix(artifactsPrefix, s.Artifacts))
	mux.Handle(attackerPrefix+rtk.KeyDocumentPath, s.AttackerServer)
	mux.Handle(elsewherePrefix+rtk.KeyDocumentPath, s.ElsewhereServer)
	return s.API.Beside(mux)
}

// NamesHandler serves what targets get who have the host names of the real service
// in their source, where these lead here: the key document, the download links at
// linksHost, and by rest all else.
func (s *Endpoints) NamesHandler(linksHost string, rest http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(rtk.KeyDocumentPath, func(w http.ResponseWriter, r *http.Request) {
		s.byName.Add(1)
		s.KeyServer.ServeHTTP(w, r)
	})
	mux.HandleFunc(linksHost+"/", func(w http.ResponseWriter, r *http.Request) {
		s.linksFollowed.Store(true)
		s.Artifacts.ServeHTTP(w, r)
	})
	mux.Handle(linksHost+elsewherePrefix+rtk.KeyDocumentPath, http.StripPrefix(elsewherePrefix, s.ElsewhereServer))
	mux.Handle("/", rest)
	return mux
}

// KeyFetchFailed logs a fetch of the key by a host name of the real service that a
// fault kept from arriving at NamesHandler.
func (s *Endpoints) KeyFetchFailed() {
	s.byName.Add(1)
	s.KeyServer.Failed()
}

// KeyURLHardCoded reports whether the target fetched its key by a host name of the
// real service, and never from KeyURL.
func (s *Endpoints) KeyURLHardCoded() bool {
	n := s.byName.Load()
	return n > 0 && int(n) >= s.KeyServer.Fetches()
}

// KeyURL is where the key document is served.
func (s *Endpoints) KeyURL() string { return s.base + rtk.KeyDocumentPath }

// ArtifactsURL is the base of the download links from now on.
func (s *Endpoints) ArtifactsURL() string {
	if s.LinksHost != "" && !s.plainLinks() {
		return s.linksByName()
	}
	return s.base + artifactsPrefix
}

// artifactsURLs are all bases that download links may have had.
func (s *Endpoints) artifactsURLs() []string {
	all := []string{s.base + artifactsPrefix}
	if s.LinksHost != "" {
		all = append(all, s.linksByName())
	}
	return all
}

func (s *Endpoints) linksByName() string { return "https://" + s.LinksHost }

// plainLinks reports whether download links lead to the base although there is
// LinksHost. They do so for the rest of a run: a target that trusts certificates of its
// own alone will not come to trust others.
func (s *Endpoints) plainLinks() bool {
	if !s.linksPlain.Load() && !s.linksFollowed.Load() && s.LinksDistrusted != nil && s.LinksDistrusted() {
		s.linksPlain.Store(true)
	}
	return s.linksPlain.Load()
}

// linksNote says where download links lead, if that may be why they are not followed.
func (s *Endpoints) linksNote() string {
	switch {
	case s.plainLinks():
		return "links lead to http, as the target cannot follow those to https (its client does not trust the certificate here, or does not find the host)"
	case s.LinksHost != "" && !s.linksFollowed.Load():
		return "links led to " + s.linksByName() + ", and nobody came there"
	}
	return ""
}

// withPlainLinks returns body with its links to LinksHost changed to lead to the base.
// ok is false if it has none, or if the target is known to follow them.
func (s *Endpoints) withPlainLinks(body []byte) (plain []byte, ok bool) {
	if s.LinksHost == "" || s.linksFollowed.Load() {
		return nil, false
	}
	from := []byte(s.linksByName() + "/")
	return bytes.ReplaceAll(body, from, []byte(s.base+artifactsPrefix+"/")), bytes.Contains(body, from)
}

// AttackerKeyURL is where the attacker's key document is served.
func (s *Endpoints) AttackerKeyURL() string { return s.base + attackerPrefix + rtk.KeyDocumentPath }

// ElsewhereKeyURL is where ElsewhereServer serves, under another host name: the loopback
// address has two. ok is false if no other name is known.
func (s *Endpoints) ElsewhereKeyURL() (address string, ok bool) {
	const path = elsewherePrefix + rtk.KeyDocumentPath
	if s.OtherBase != "" {
		return strings.TrimSuffix(s.OtherBase, "/") + path, true
	}
	if s.LinksHost != "" && s.KeyURLHardCoded() {
		return "https://" + s.LinksHost + path, true // many clients follow no redirect from https to http
	}
	u, err := url.Parse(s.base + path)
	if err != nil {
		return "", false
	}
	other, ok := map[string]string{"127.0.0.1": "localhost", "localhost": "127.0.0.1"}[u.Hostname()]
	if port := u.Port(); port != "" {
		other = net.JoinHostPort(other, port)
	}
	u.Host = other
	return u.String(), ok
}
