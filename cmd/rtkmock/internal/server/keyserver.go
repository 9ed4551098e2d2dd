package server

import (
	"context"
	"net/http"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// ArtifactsPath is where the download links lead.
const ArtifactsPath = "/artifacts"

// KeyServer serves the key, the downloads and the REST API while deliveries are under
// way.
type KeyServer struct {
	*Server
	Keys *wellknown.Server
	// API has what it is told that the events say.
	API       *rest.Server
	Artifacts *artifacts.Server
	webhooks  *Webhooks
}

// OpenKeyServer opens it and starts answering.
func OpenKeyServer(ctx context.Context, a *app.App, keys *rtk.Keyring, f Flags) (*KeyServer, error) {
	server, err := Open(ctx, a, f)
	if err != nil {
		return nil, err
	}
	s := &KeyServer{Server: server, Keys: wellknown.New(keys), Artifacts: artifacts.New()}
	s.API, s.webhooks = rest.Follow(keys, s.ArtifactsURL), NewWebhooks(s.Keys, s.Base)
	s.API.Webhooks = s.webhooks
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.Keys)
	mux.Handle(ArtifactsPath+"/", http.StripPrefix(ArtifactsPath, s.Artifacts))
	server.Serve(s.API.Beside(mux))
	return s, nil
}

// Close is that of the Server. Calls that a fault holds back do not delay it.
func (s *KeyServer) Close() {
	_ = s.API.SetFault(rest.NoFault)
	s.Server.Close()
	s.webhooks.Close()
}

// Happened returns what has the API know of events, with a user's changes to them.
func (s *KeyServer) Happened(changes payload.Overrides) func(...rtk.Event) {
	return func(events ...rtk.Event) {
		for _, e := range events {
			e.Body, _ = changes.Apply(e.Body) // those that fit
			s.API.Learn(e)
		}
	}
}

// KeyURL is where the key is.
func (s *KeyServer) KeyURL() string { return s.Base + rtk.KeyDocumentPath }

// ArtifactsURL is where the downloads are.
func (s *KeyServer) ArtifactsURL() string { return s.Base + ArtifactsPath }
