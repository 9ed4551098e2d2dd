package receivers

import (
	"cmp"
	"crypto/rsa"
	"net"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Defaults of Config.
const (
	// DefaultRefetchEvery is short, so that a rotated key is found soon, and
	// long enough that a flood of forgeries does not become one of fetches.
	DefaultRefetchEvery = 200 * time.Millisecond
	// DefaultRetryEvery is short, since there is no key at all after a fetch
	// that failed.
	DefaultRetryEvery = 50 * time.Millisecond

	DefaultSlow        = 200 * time.Millisecond
	DefaultEffectDelay = 150 * time.Millisecond
	DefaultWork        = 300 * time.Millisecond
	DefaultWakeAfter   = 5 * time.Second
)

// Config says where a receiver finds its key, and how long it waits. The zero
// value of each field is its default.
type Config struct {
	// KeyURL is where the key document is fetched from when it is first
	// needed. Without it, and without PublicKey, genuine deliveries are
	// answered 503: there is nothing to verify with.
	KeyURL string
	// APIURL is where the REST API is, without a path. Only receivers that call it need
	// it. Empty: the host of KeyURL.
	APIURL string
	// PublicKey is a key that needs no fetch. It is used where KeyURL is empty,
	// and by the twin pinned-key.
	PublicKey *rsa.PublicKey
	// Client fetches the key and follows download links. Nil: one of the
	// receiver's own, without a proxy. A client without CheckRedirect is used
	// with one that stays on the same host. Time and size of what is fetched
	// are limited whatever the client.
	Client *http.Client
	// HeaderNames are the names of the headers that are read. Zero: rtk-….
	HeaderNames rtk.HeaderNames
	// Events are the subscribed events. Others are answered 2xx and ignored.
	// Empty: all nine.
	Events []rtk.EventType

	// OnDelivery is called once for each request, when its answer is written,
	// by the goroutine that serves it: concurrently. It should be quick, since
	// a short answer leaves when it returns. Nil: nothing is called.
	OnDelivery func(Delivery)
	// Log is called for what else happens: key fetches, downloads, events
	// applied or ignored. It is called concurrently. Nil: nothing is called.
	Log func(Note)

	// RefetchEvery is the least time between two fetches of the key. If a
	// forgery causes a fetch, a delivery that a new key signed within this time
	// is rejected. Zero: DefaultRefetchEvery.
	RefetchEvery time.Duration
	// RetryEvery is the least time between a fetch that failed and the next,
	// where it is less than RefetchEvery. Zero: DefaultRetryEvery.
	RetryEvery time.Duration
	// FetchTime limits one fetch of the key, since a sender is waiting. Zero: 2 s.
	FetchTime time.Duration

	// These are for single flaws and twins. Their Doc names the field.
	Slow        time.Duration // how long slow-answers takes; zero: DefaultSlow
	Pause       time.Duration // how long work takes where it takes time at all; zero: 20 ms
	EffectDelay time.Duration // how late late effects and downloads come; zero: DefaultEffectDelay
	Work        time.Duration // how long a queue's worker takes for a delivery; zero: DefaultWork
	WakeAfter   time.Duration // how long a cold start takes; zero: DefaultWakeAfter
	Rarely      time.Duration // between two fetches of the key, or after one that failed, where there is much; zero: 30 s
	MaxAge      time.Duration // of the newest timestamp that refuses-old takes; zero: 5 min
	Rate        float64       // requests a second where the rate is limited; zero: 50
	Burst       int           // requests that are taken at once there; zero: 60
}

// What the twins that are choosy about their deliveries ask for. Flaw.Setup
// says which.
const (
	KnownMeetingID = "6f2c1d34-5b7e-4a90-8c1f-2d3e4f5a6b7c"
	KnownWebhookID = "0b9d8c7e-6f5a-4b3c-9d2e-1f0a9b8c7d6e"
	TokenHeader    = "X-Webhook-Token"
	Token          = "only-for-tests"
)

// Delivery is the account of one request.
type Delivery struct {
	At     time.Time
	Method string
	Path   string
	Header http.Header // must not be modified
	Body   []byte      // as far as it was read; must not be modified

	// Verified says that this receiver took the delivery for genuine. A
	// flawed one may be wrong about that.
	Verified bool
	// VerifyErr says why not. It is nil where verification was not reached,
	// as with methods other than POST.
	VerifyErr error
	// Status is what was answered, 0 if the connection was closed instead.
	Status int
	// Event is the body's "event" member, verified or not. It is empty if there
	// is none.
	Event rtk.EventType
	UUID  string // rtk-uuid, empty if it is missing
	Took  time.Duration
}

// Note is something that happened apart from the answers.
type Note struct {
	At   time.Time
	Text string
	Err  error // what went wrong, if anything did
}

func (c Config) withDefaults() Config {
	c.RefetchEvery = cmp.Or(c.RefetchEvery, DefaultRefetchEvery)
	c.RetryEvery = cmp.Or(c.RetryEvery, DefaultRetryEvery)
	c.FetchTime = cmp.Or(c.FetchTime, 2*time.Second)
	c.Slow = cmp.Or(c.Slow, DefaultSlow)
	c.Pause = cmp.Or(c.Pause, 20*time.Millisecond)
	c.EffectDelay = cmp.Or(c.EffectDelay, DefaultEffectDelay)
	c.Work = cmp.Or(c.Work, DefaultWork)
	c.WakeAfter = cmp.Or(c.WakeAfter, DefaultWakeAfter)
	c.Rarely = cmp.Or(c.Rarely, 30*time.Second)
	c.MaxAge = cmp.Or(c.MaxAge, 5*time.Minute)
	c.Rate = cmp.Or(c.Rate, 50)
	c.Burst = cmp.Or(c.Burst, 60)
	return c
}

// client returns the HTTP client that c asks for, and a function that closes
// its idle connections if the client is the receiver's own.
func (c Config) client() (client *http.Client, release func()) {
	if c.Client != nil {
		own := *c.Client
		if own.CheckRedirect == nil {
			own.CheckRedirect = sameHost
		}
		return &own, func() {}
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: c.FetchTime}).DialContext,
		MaxIdleConnsPerHost: queueWorkers,
		IdleConnTimeout:     10 * time.Second,
	}
	return &http.Client{Transport: transport, CheckRedirect: sameHost}, transport.CloseIdleConnections
}

// maxRedirects is how many redirects of one fetch are followed.
const maxRedirects = 3

// sameHost follows redirects only within the host of the first request: whoever
// can redirect the fetch of a key elsewhere chooses the key.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects || req.URL.Scheme != first.Scheme || req.URL.Host != first.Host {
		return http.ErrUseLastResponse
	}
	return nil
}
