package server

import (
	"context"
	"net/http"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// ArtifactsPath is where the download links lead.
const ArtifactsPath = "/artifacts"

// KeyServer serves the key and the downloads while deliveries are under way.
type KeyServer struct {
	*Server
	Keys *wellknown.Server
}

// OpenKeyServer opens it and starts answering.
func OpenKeyServer(ctx context.Context, a *app.App, keys *rtk.Keyring, f Flags) (*KeyServer, error) {
	server, err := Open(ctx, a, f)
	if err != nil {
		return nil, err
	}
	s := &KeyServer{server, wellknown.New(keys)}
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.Keys)
	mux.Handle(ArtifactsPath+"/", http.StripPrefix(ArtifactsPath, artifacts.New()))
	server.Serve(mux)
	return s, nil
}

// KeyURL is where the key is.
func (s *KeyServer) KeyURL() string { return s.Base + rtk.KeyDocumentPath }

// ArtifactsURL is where the downloads are.
func (s *KeyServer) ArtifactsURL() string { return s.Base + ArtifactsPath }
