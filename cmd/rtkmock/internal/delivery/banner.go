package delivery

import (
	"net/url"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Banner is what the receiver, and the person who reads along, have to know
// before the receiver is contacted.
type Banner struct {
	KeyURL    string
	URL       *url.URL // nil for the built-in receiver
	BuiltIn   string   // how to get another one
	Command   string   // that starts the target; empty: it runs already
	KeyEnv    []string // variables in which the command finds the key URL
	KeyPEMEnv []string // variables in which it finds the key itself
	Server    *server.Server
	Seed      uint64
	WebhookID string
}

// PrintBanner prints it on standard error.
func (f *Flags) PrintBanner(a *app.App, b Banner) {
	a.Notef("key URL  %s", b.KeyURL)
	switch {
	case b.URL == nil:
		a.Notef("target   the built-in reference receiver; %s", b.BuiltIn)
	case b.Command != "":
		a.Notef("target   %s", redact.URL(b.URL.String()))
		key := ""
		if len(b.KeyPEMEnv) > 0 {
			key = ", and the key itself as " + strings.Join(b.KeyPEMEnv, ", ")
		}
		a.Notef("command  %s, with the key URL as %s%s", b.Command, strings.Join(b.KeyEnv, ", "), key)
	case f.Key != "":
		a.Notef("         the receiver verifies with the public half of --key: it has that already, or fetches it from there")
		a.Notef("target   %s", redact.URL(b.URL.String()))
	default:
		a.Notef("         the receiver has to fetch the key from there instead of api.realtime.cloudflare.com (in the guide's sample: REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL)")
		if f.Server.Listen == server.DefaultListen {
			a.Notef("         --listen %s keeps the address, so that it can be set before the receiver starts", b.Server.Listener.Addr())
		}
		a.Notef("target   %s", redact.URL(b.URL.String()))
	}
	f.Server.Hint(a)
	if b.URL != nil && f.Server.Advertise == "" && !target.IsLoopback(b.URL.Hostname()) && target.IsLoopback(server.HostOf(b.Server.Base)) {
		a.Warnf("the target is not this machine, and the key URL leads to this machine alone; see --listen and --advertise")
	}
	a.Notef("seed     %d, rtk-webhook-id %s", b.Seed, b.WebhookID)
	for _, fault := range FaultTexts(f.Sender.Faults) {
		a.Notef("fault    %s", fault)
	}
}
