package cli

import (
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// artifactsPath is where send serves what the download links lead to.
const artifactsPath = "/artifacts"

// sendStation is what send serves while a delivery is under way.
type sendStation struct {
	*face
	keys *wellknown.Server
}

func (a *app) openSendStation(keys *rtk.Keyring, l listenFlags) (*sendStation, error) {
	face, err := a.listen(l)
	if err != nil {
		return nil, err
	}
	s := &sendStation{face, wellknown.New(keys)}
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.keys)
	mux.Handle(artifactsPath+"/", http.StripPrefix(artifactsPath, artifacts.New()))
	face.serve(mux)
	return s, nil
}

func (s *sendStation) keyURL() string       { return s.base + rtk.KeyDocumentPath }
func (s *sendStation) artifactsURL() string { return s.base + artifactsPath }
