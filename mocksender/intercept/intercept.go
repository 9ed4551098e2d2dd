package intercept

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

// Options say what is intercepted, and how.
type Options struct {
	// Handler answers the requests for the names; the host is in Request.Host. Of
	// CloudflareHost it gets the paths below realtime/kit alone. Required.
	Handler http.Handler
	// Way leads the command here. Empty: WayEnvironment.
	Way Way
	// Hosts are more names, beside those of Hosts.
	Hosts []string
	// Offline refuses what would be forwarded to the real CloudflareHost.
	Offline bool
	// Environ is the environment from which the command's own follows. A proxy in
	// it is chained behind this one, and certificates that it names are trusted.
	Environ []string
	// Dir is the folder for certificates and preloads. It is made if there is
	// none, and kept at the end. Empty: a private temporary folder, removed by
	// Close.
	Dir string
	// Listen is the address, host:port, of a listener for what runs elsewhere.
	// Beyond loopback it never forwards. Empty: none.
	Listen string
	// OnFault is called for each connection, or request on one from before, that
	// fails by SetFault. Nil: nobody is told.
	OnFault func(host string, f Fault)
	// Dial connects with other hosts. Nil: as net.Dialer does.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Interception is under way from Start to Close. Its methods are safe for
// concurrent use.
type Interception struct {
	settings Settings
	notes    []string
	files    map[string][]byte // what the command reads, by the path below its folder
	dir      string            // the private folder
	temp     bool              // dir is removed at the end
	address  string            // of the names, with WayHosts
	front    *front
	contacts *contacts
	proxy    *proxy
	servers  []*http.Server
	closing  []func()
	serving  sync.WaitGroup

	life      context.Context // ends with Close
	resolving sync.Once
	resolver  string // the address of the name server that does not know all names

	mu   sync.Mutex
	root string // of the command with WayHosts, as this process sees it
}

// Errors of Start that have a way out. Both are wrapped.
var (
	// ErrPort says that WayHosts cannot have port 443.
	ErrPort = errors.New("intercept: port 443")
	// ErrOptions says that the options cannot be carried out.
	ErrOptions = errors.New("intercept: options")
)

// Start makes the authority and its files, and answers until Close.
func Start(ctx context.Context, o Options) (*Interception, error) {
	hosts, err := withHosts(o.Hosts)
	if err != nil {
		return nil, err
	}
	if o.Way == "" {
		o.Way = WayEnvironment
	}
	if o.Handler == nil {
		return nil, fmt.Errorf("%w: no handler", ErrOptions)
	}
	ca, err := newAuthority(hosts, time.Now())
	if err != nil {
		return nil, err
	}
	i := &Interception{contacts: &contacts{}, settings: Settings{Way: o.Way, Hosts: hosts}}
	var end context.CancelFunc
	i.life, end = context.WithCancel(context.WithoutCancel(ctx))
	i.closing = append(i.closing, end)
	i.front = &front{authority: ca, contacts: i.contacts, now: time.Now, onFault: o.OnFault}
	if err := i.start(ctx, o); err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

func (i *Interception) start(ctx context.Context, o Options) error {
	certs, notes := trusted(o.Environ)
	i.notes = notes
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: dialWait}).DialContext
	}
	up := newUpstream(o.Environ, certs.pool(), o.Dial)
	var err error
	if i.files, err = certs.trustFiles(i.front.authority); err != nil {
		return err
	}
	if err := i.listen(ctx, o, up); err != nil {
		return err
	}
	return i.makeFolder(o)
}

// listen opens what the command connects to.
func (i *Interception) listen(ctx context.Context, o Options, up *upstream) error {
	transport := up.transport()
	i.closing = append(i.closing, transport.CloseIdleConnections)
	forward := forwarder(transport)
	near := &router{hosts: i.settings.Hosts, handler: o.Handler, forward: forward, contacts: i.contacts}
	if o.Offline {
		near.forward, near.refusal = nil, "this path is not RealtimeKit's, and offline nothing is forwarded to "+CloudflareHost
	}
	if o.Listen != "" {
		if err := i.listenElsewhere(ctx, o, near); err != nil {
			return err
		}
	}
	switch o.Way {
	case WayHosts:
		return i.listenAsHosts(ctx, near)
	case WayEnvironment:
		return i.listenAsProxy(ctx, near, up, forward)
	case WayListener:
		if o.Listen == "" {
			return fmt.Errorf("%w: the way %q needs an address to listen on", ErrOptions, o.Way)
		}
		return nil
	}
	return fmt.Errorf("%w: found the way %q, want %s, %s or %s", ErrOptions, o.Way, WayHosts, WayEnvironment, WayListener)
}

// serveTLS answers the names on a listener.
func (i *Interception) serveTLS(ln net.Listener, h http.Handler) {
	server := newServer(i.front.abortFaulty(h))
	i.servers = append(i.servers, server)
	i.serving.Go(func() { i.front.serve(server, ln) })
}

func (i *Interception) listenElsewhere(ctx context.Context, o Options, near *router) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("intercept: the listener for what runs elsewhere: %w", err)
	}
	far := *near
	if bound, err := netip.ParseAddrPort(ln.Addr().String()); err != nil || !bound.Addr().Unmap().IsLoopback() {
		far.forward = nil
		far.refusal = "this path is not RealtimeKit's, and for other machines nothing is forwarded to " + CloudflareHost
	}
	i.settings.Listen = ln.Addr().String()
	i.serveTLS(ln, &far)
	return nil
}

// tries is how many addresses are tried. Each is taken with next to no
// probability, unless all are.
const tries = 5

func (i *Interception) listenAsHosts(ctx context.Context, near *router) error {
	ln, address, err := listenHosts(ctx)
	if err != nil {
		return err
	}
	i.address = address
	i.serveTLS(ln, near)
	return nil
}

// listenHosts takes port 443 of a loopback address that is this run's own.
func listenHosts(ctx context.Context) (ln net.Listener, address string, err error) {
	for range tries {
		var b [2]byte
		_, _ = rand.Read(b[:]) // never fails
		address = netip.AddrFrom4([4]byte{127, 82, b[0], 1 + b[1]%254}).String()
		if ln, err = new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort(address, "443")); err == nil {
			return ln, address, nil
		}
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, "", fmt.Errorf("%w is taken: a server listens on it on all addresses of this machine. End it, or use the way %q", ErrPort, WayEnvironment)
	case errors.Is(err, os.ErrPermission):
		return nil, "", fmt.Errorf("%w is denied to this user. Run as root, or use the way %q", ErrPort, WayEnvironment)
	}
	return nil, "", fmt.Errorf("%w cannot be had: %w. Use the way %q", ErrPort, err, WayEnvironment)
}

// CheckHosts returns nil where this machine allows WayHosts, or else why not,
// and the way out. It makes what the way needs, for a moment, and so is for
// programs that call supervisor.Main when they are started again.
func CheckHosts(ctx context.Context) error {
	if err := supervisor.Check(ctx); err != nil {
		return fmt.Errorf("intercept: the way %q: %w. Run as root on Linux, in a container with the capability SYS_ADMIN, or use the way %q", WayHosts, err, WayEnvironment)
	}
	ln, _, err := listenHosts(ctx)
	if err != nil {
		return err
	}
	return ln.Close()
}

func (i *Interception) listenAsProxy(ctx context.Context, near *router, up *upstream, forward http.Handler) error {
	tls, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("intercept: %w", err)
	}
	i.serveTLS(tls, near)
	for path, content := range preloadFiles(i.settings.Hosts, tls.Addr().(*net.TCPAddr).Port) {
		i.files[path] = content
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("intercept: %w", err)
	}
	i.settings.Proxy = ln.Addr().String()
	tunnelled := newHandover(ln.Addr())
	i.serveTLS(tunnelled, near)
	i.proxy = &proxy{
		hosts: i.settings.Hosts, router: near, front: tunnelled, upstream: up, forward: forward,
		unknown: i.front.unknown, tunnels: map[net.Conn]bool{},
	}
	server := newServer(i.proxy)
	i.servers = append(i.servers, server)
	i.serving.Go(func() { _ = server.Serve(ln) })
	return nil
}

// makeFolder writes the files where the command finds them. With WayHosts it
// gets them in memory, and the folder stays empty.
func (i *Interception) makeFolder(o Options) (err error) {
	if o.Dir != "" {
		if o.Dir, err = filepath.Abs(o.Dir); err != nil {
			return fmt.Errorf("intercept: %w", err)
		}
		if strings.ContainsAny(o.Dir, string(os.PathListSeparator)+"\r\n") {
			return fmt.Errorf("%w: found the folder %q, want one that a list such as PYTHONPATH can hold", ErrOptions, o.Dir)
		}
		if err := writeFiles(o.Dir, i.files); err != nil {
			return err
		}
		i.dir = o.Dir
	}
	if o.Dir == "" || o.Way == WayHosts {
		if i.dir, err = os.MkdirTemp("", "rtkmock-intercept-*"); err != nil {
			return fmt.Errorf("intercept: %w", err)
		}
		i.temp = true
		if o.Way != WayHosts {
			if err := writeFiles(i.dir, i.files); err != nil {
				return err
			}
		}
	}
	i.settings.Dir = i.dir
	return nil
}

// Settings returns what the variables of a command follow from.
func (i *Interception) Settings() Settings { return i.settings }

// Environ returns environ with the variables that a command needs.
func (i *Interception) Environ(environ []string) []string { return i.settings.Environ(environ) }

// Plan is for the supervisor that starts a command.
func (i *Interception) Plan(args []string) supervisor.Plan {
	p := supervisor.Plan{Args: args}
	if i.settings.Way == WayHosts {
		p.Private = i.private()
	}
	return p
}

// Cleaner is for a supervisor without a command: it removes the private folder
// where this process does not come to it.
func (i *Interception) Cleaner() supervisor.Plan {
	if !i.temp {
		return supervisor.Plan{}
	}
	return supervisor.Plan{Remove: []string{i.dir}}
}

// Notes say what of Options.Environ could not be carried out, a line each.
func (i *Interception) Notes() []string { return i.notes }

// Contacts returns what came so far, sorted by host.
func (i *Interception) Contacts() []Contact { return i.contacts.all() }

// Certificate returns the authority's certificate, as PEM.
func (i *Interception) Certificate() []byte { return i.front.authority.pem() }

// SetFault has a host fail before a request arrives, until the next call;
// NoFault lifts it. A request on a connection from before is cut off.
func (i *Interception) SetFault(host string, f Fault) error {
	if err := i.front.setFault(host, f); err != nil {
		return err
	}
	for _, server := range i.servers {
		server.SetKeepAlivesEnabled(false) // closes most of them
		server.SetKeepAlivesEnabled(true)
	}
	return i.writeNames()
}

// Close ends all connections and removes the private folder.
func (i *Interception) Close() error {
	for _, server := range i.servers {
		_ = server.Close()
	}
	if i.proxy != nil {
		_ = i.proxy.front.Close()
		i.proxy.Close()
	}
	for _, end := range i.closing {
		end()
	}
	i.serving.Wait()
	if i.temp {
		if err := os.RemoveAll(i.dir); err != nil {
			return fmt.Errorf("intercept: %w", err)
		}
	}
	return nil
}
