package conformance

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Paths under which a Endpoints serves.
const (
	artifactsPrefix = "/artifacts"
	attackerPrefix  = "/attacker"
	elsewherePrefix = "/elsewhere"
)

// Endpoints is the harness's own face: the key endpoint that the target
// verifies against, what the download links lead to, and an attacker's key
// endpoint that nobody should ever ask.
type Endpoints struct {
	Keys      *rtk.Keyring
	KeyServer *wellknown.Server
	Artifacts *artifacts.Server

	Attacker       *rtk.Keyring
	AttackerServer *wellknown.Server

	// ElsewhereServer serves the attacker's key to whoever follows a redirect of
	// the key endpoint to another host.
	ElsewhereServer *wellknown.Server

	// OtherBase is a URL like the base, by which targets reach the same Handler
	// under another host name. Empty: the base with the other name of the
	// loopback address, where it is one.
	OtherBase string

	// Next is the key that takes the place of the one in Keys when a run is
	// about to end. Nil: a run that changes the key makes one.
	Next *rtk.Keyring

	base string
}

// NewEndpoints returns a station that serves the public half of keys. base is
// the URL, without a path, under which targets reach its Handler.
func NewEndpoints(keys *rtk.Keyring, base string) *Endpoints {
	return NewEndpointsWithAttacker(rtk.GenerateKeyring(), keys, base)
}

// NewEndpointsWithAttacker is NewEndpoints with an attacker's key that is there already.
func NewEndpointsWithAttacker(attacker, keys *rtk.Keyring, base string) *Endpoints {
	return &Endpoints{
		Keys:           keys,
		KeyServer:      wellknown.New(keys),
		Artifacts:      artifacts.New(),
		Attacker:       attacker,
		AttackerServer: wellknown.New(attacker),

		ElsewhereServer: wellknown.New(attacker),
		base:            strings.TrimSuffix(base, "/"),
	}
}

// Handler serves all of the station.
func (s *Endpoints) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.KeyServer)
	mux.Handle(artifactsPrefix+"/", http.StripPrefix(artifactsPrefix, s.Artifacts))
	mux.Handle(attackerPrefix+rtk.KeyDocumentPath, s.AttackerServer)
	mux.Handle(elsewherePrefix+rtk.KeyDocumentPath, s.ElsewhereServer)
	return mux
}

// KeyURL is where the key document is served.
func (s *Endpoints) KeyURL() string { return s.base + rtk.KeyDocumentPath }

// ArtifactsURL is the base of the download links.
func (s *Endpoints) ArtifactsURL() string { return s.base + artifactsPrefix }

// ElsewhereKeyURL is where ElsewhereServer serves, under another host name: the
// loopback address has two. It is false where no other name is known.
func (s *Endpoints) ElsewhereKeyURL() (string, bool) {
	const path = elsewherePrefix + rtk.KeyDocumentPath
	if s.OtherBase != "" {
		return strings.TrimSuffix(s.OtherBase, "/") + path, true
	}
	u, err := url.Parse(s.base + path)
	if err != nil {
		return "", false
	}
	other, ok := map[string]string{"127.0.0.1": "localhost", "localhost": "127.0.0.1"}[u.Hostname()]
	if !ok {
		return "", false
	}
	if port := u.Port(); port != "" {
		other = net.JoinHostPort(other, port)
	}
	u.Host = other
	return u.String(), true
}

// AttackerKeyURL is where the attacker's key document is served.
func (s *Endpoints) AttackerKeyURL() string { return s.base + attackerPrefix + rtk.KeyDocumentPath }
