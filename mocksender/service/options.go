package service

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Options say how a Service behaves. The zero value is a useful one.
type Options struct {
	// Options say how webhooks are delivered to. Here the zero value of Store is
	// store.NewMemory(0, 0), and that of Log is nobody. Keys replaces the keys of
	// Sender, and the service is the Observer.
	dispatch.Options

	// Keys serves the key document and signs. Nil: a server with a fresh key.
	Keys *wellknown.Server
	// Artifacts serves what download links lead to. Nil: a server of its own.
	Artifacts *artifacts.Server
	// BaseURL is where others reach the Handler, without a path. Every download
	// link begins with it. Empty: links lead to example.com.
	BaseURL string
	// LinksURL begins every download link, where Artifacts is served at another place
	// than below BaseURL. Empty: they lead there.
	LinksURL string
	// LastingLinks leaves the expiry of links to Artifacts. Without it, they
	// expire when their payloads say.
	LastingLinks bool

	// Token is the bearer token that the webhooks API requires. Empty: any token
	// is accepted, but there must be one.
	Token string
	// NoneIs404 makes the webhooks API answer 404 if an app has no webhooks. Like
	// ConflictOnURL, somebody saw this once, and no document mentions it.
	NoneIs404 bool

	// FilterSessions makes ?meeting_id= filter the sessions of the REST API. In
	// practice it does not.
	FilterSessions bool
	// StrictPresets refuses participants whose preset nobody has made.
	StrictPresets bool
	// Processing is how long uploads, chats, transcripts and summaries take. 0:
	// platform.DefaultProcessing; below 0: no time.
	Processing time.Duration
	// AllowHosts are host names by which others may reach the APIs, in lower case,
	// apart from addresses, names without a dot, and those of the URLs above.
	AllowHosts []string

	// ControlToken is the bearer token that the control API requires. Empty: none.
	ControlToken string
	// ControlApart removes the control API and the page from Handler. Only
	// ControlHandler serves them then.
	ControlApart bool
	// ControlURL is where others reach ControlHandler, if not at BaseURL. Requests
	// to its host are accepted.
	ControlURL string
	// Page answers what no other part does, under the guard of the control API.
	// Nil: 404.
	Page http.Handler
	// Metrics answers /metrics, under the guard of the control API. Nil: 404.
	Metrics http.Handler
}

func (o *Options) fill() {
	if o.Keys == nil {
		o.Keys = wellknown.New(rtk.GenerateKeyring())
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	if o.Artifacts == nil {
		o.Artifacts = artifacts.New()
		o.Artifacts.BaseURL = o.artifactsURL()
	}
	if o.Store == nil {
		o.Store = store.NewMemory(0, 0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Sender.Keys = o.Keys.Keys()
}

// artifactsURL begins the download links. It is empty if LinksURL and BaseURL are.
func (o *Options) artifactsURL() string {
	if o.LinksURL != "" || o.BaseURL == "" {
		return strings.TrimSuffix(o.LinksURL, "/")
	}
	return o.BaseURL + artifactsPath
}
