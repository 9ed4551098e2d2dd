package cli

import (
	"net/url"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// introduction is what the receiver, and whoever reads along, has to know before
// the receiver is contacted.
type introduction struct {
	keyURL    string
	url       *url.URL // nil for the built-in receiver
	builtIn   string   // what to do about that
	command   *commandFlags
	face      *face // serves the key
	flags     *deliveryFlags
	seed      uint64
	webhookID string
}

// introduce says so on standard error.
func (a *app) introduce(i introduction) {
	a.logf("rtkmock: key URL  %s", i.keyURL)
	if i.url == nil {
		a.logf("rtkmock: target   the built-in reference receiver; %s", i.builtIn)
	} else if i.command != nil && len(i.command.words) > 0 {
		a.logf("rtkmock: target   %s", redact.URL(i.url.String()))
		a.logf("rtkmock: command  %s, with the key URL as %s", oneLine(i.command.words[0]), strings.Join(i.command.keyNames(), ", "))
	} else {
		a.logf("rtkmock:          the receiver has to fetch the key from there instead of api.realtime.cloudflare.com (in the guide's sample: REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL)")
		if port := i.face.ln.Addr().String(); i.flags.listen.addr == defaultListen && i.flags.key == "" {
			a.logf("rtkmock:          --listen %s keeps the address, so that it can be set before the receiver starts", port)
		}
		a.logf("rtkmock: target   %s", redact.URL(i.url.String()))
	}
	a.hintListen(i.flags.listen)
	if i.url != nil && i.flags.listen.advertise == "" && !isLoopback(i.url.Hostname()) && isLoopback(hostOf(i.face.base)) {
		a.logf("rtkmock: warning: the target is not this machine, and the key URL leads to this machine alone; see --listen and --advertise")
	}
	a.logf("rtkmock: seed     %d, rtk-webhook-id %s", i.seed, i.webhookID)
	for _, f := range faultSpecs(i.flags.retry.faults) {
		a.logf("rtkmock: fault    %s", f)
	}
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// await waits until the target accepts connections, and reports whether it
// does. The built-in receiver, a nil u, always does.
func (a *app) await(u *url.URL, proxied bool, limit time.Duration) bool {
	if u == nil {
		return true
	}
	waiting := time.AfterFunc(time.Second, func() {
		a.logf("rtkmock: waiting up to %s for %s to accept connections", showDuration(limit), dialable(u))
	})
	defer waiting.Stop()
	if waitForTarget(a.ctx, u, proxied, limit) {
		return true
	}
	if !a.interrupted() {
		a.logf("rtkmock: %s accepts no connection", dialable(u))
	}
	return false
}
