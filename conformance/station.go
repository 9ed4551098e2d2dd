package conformance

import (
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Paths under which a Station serves.
const (
	artifactsPrefix = "/artifacts"
	attackerPrefix  = "/attacker"
)

// Station is the harness's own face: the key endpoint that the target
// verifies against, what the download links lead to, and an attacker's key
// endpoint that nobody should ever ask.
type Station struct {
	Keys      *rtk.Keyring
	KeyServer *wellknown.Server
	Artifacts *artifacts.Server

	Attacker       *rtk.Keyring
	AttackerServer *wellknown.Server

	base string
}

// NewStation returns a station that serves the public half of keys. base is
// the URL, without a path, under which targets reach its Handler.
func NewStation(keys *rtk.Keyring, base string) *Station {
	return NewStationAgainst(rtk.GenerateKeyring(), keys, base)
}

// NewStationAgainst is NewStation with an attacker's key that is there already.
func NewStationAgainst(attacker, keys *rtk.Keyring, base string) *Station {
	return &Station{
		Keys:           keys,
		KeyServer:      wellknown.New(keys),
		Artifacts:      artifacts.New(),
		Attacker:       attacker,
		AttackerServer: wellknown.New(attacker),
		base:           strings.TrimSuffix(base, "/"),
	}
}

// Handler serves all of the station.
func (s *Station) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.KeyServer)
	mux.Handle(artifactsPrefix+"/", http.StripPrefix(artifactsPrefix, s.Artifacts))
	mux.Handle(attackerPrefix+rtk.KeyDocumentPath, s.AttackerServer)
	return mux
}

// KeyURL is where the key document is served.
func (s *Station) KeyURL() string { return s.base + rtk.KeyDocumentPath }

// ArtifactsURL is the base of the download links.
func (s *Station) ArtifactsURL() string { return s.base + artifactsPrefix }

// AttackerKeyURL is where the attacker's key document is served.
func (s *Station) AttackerKeyURL() string { return s.base + attackerPrefix + rtk.KeyDocumentPath }
