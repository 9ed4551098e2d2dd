package cli

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/localca"
)

// tlsFlags are --tls and what goes with it.
type tlsFlags struct {
	on        bool
	cert, key string
}

func (t *tlsFlags) add(cmd *cobra.Command, fs *pflag.FlagSet) {
	fs.BoolVar(&t.on, "tls", false, `speak https, with a certificate of a local authority, which "rtkmock key ca" prints`)
	stringFlag(fs, &t.cert, "tls-cert", "FILE", "speak https with this certificate, or chain of them, in PEM")
	stringFlag(fs, &t.key, "tls-key", "FILE", "the private key of --tls-cert, in PEM")
	for _, name := range []string{"tls-cert", "tls-key"} {
		complete(cmd, name, cobra.FixedCompletions([]cobra.Completion{"pem", "crt", "key"}, cobra.ShellCompDirectiveFilterFileExt))
	}
}

// caDir is the folder of the local authority: that of --state, or one of the
// user's own.
func (a *app) caDir(state string) (string, error) {
	if state != "" {
		return state, nil
	}
	if dir := a.env["XDG_CONFIG_HOME"]; dir != "" {
		return filepath.Join(dir, "rtkmock"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", a.bad("tls", "no folder for the local authority: %s; want --state DIR, or --tls-cert and --tls-key", err)
	}
	return filepath.Join(dir, "rtkmock"), nil
}

// localCA opens the local authority, or makes it. Mistakes are those of flag.
func (a *app) localCA(flag, state string) (*localca.CA, error) {
	dir, err := a.caDir(state)
	if err != nil {
		return nil, err
	}
	ca, err := localca.Open(dir, time.Now())
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return nil, a.bad(flag, "%s: %s", path.Path, fileProblem(path))
	case err != nil:
		return nil, a.bad(flag, "%s", err)
	}
	return ca, nil
}

// certificate returns what the flags ask for, nil for no TLS. hosts are the
// names that a certificate of the local authority is good for.
func (a *app) certificate(t tlsFlags, state string, hosts []string) (*tls.Certificate, error) {
	switch {
	case t.cert == "" && t.key == "" && !t.on:
		return nil, nil
	case t.cert == "" && t.key != "":
		return nil, a.bad("tls-key", "it goes with --tls-cert")
	case t.cert != "" && t.key == "":
		return nil, a.bad("tls-cert", "it goes with --tls-key")
	case t.cert != "" && t.on:
		return nil, a.bad("tls", "it makes a certificate, and --tls-cert gives one; want one of them")
	case t.cert != "":
		return a.ownCertificate(t)
	}
	ca, err := a.localCA("tls", state)
	if err != nil {
		return nil, err
	}
	cert, err := ca.Issue(time.Now(), hosts...)
	if err != nil {
		return nil, err
	}
	a.logf("rtkmock: https, signed by %s", ca.Path)
	a.logf("rtkmock:          %s", trust(ca.Path))
	return &cert, nil
}

func (a *app) ownCertificate(t tlsFlags) (*tls.Certificate, error) {
	cert, err := readFile(t.cert, maxKeyFile)
	if err != nil {
		return nil, a.bad("tls-cert", "%s: %s", t.cert, fileProblem(err))
	}
	key, err := readFile(t.key, maxKeyFile)
	if err != nil {
		return nil, a.bad("tls-key", "%s: %s", t.key, fileProblem(err))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, a.bad("tls-cert", "%s with %s: %s", t.cert, t.key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &pair, nil
}

// trust says how clients come to trust the certificate in a file.
func trust(path string) string {
	return "trust it in Node with NODE_EXTRA_CA_CERTS=" + path + ", in Go and Python with SSL_CERT_FILE=" + path +
		" (Python's requests: REQUESTS_CA_BUNDLE), in Workers under wrangler dev as in Node, in curl with --cacert"
}

// secure has the face speak TLS.
func (f *face) secure(cert *tls.Certificate, advertised bool) {
	if cert == nil {
		return
	}
	f.ln = tls.NewListener(f.ln, &tls.Config{Certificates: []tls.Certificate{*cert}, NextProtos: []string{"http/1.1"}})
	if !advertised {
		f.base = "https://" + strings.TrimPrefix(f.base, "http://")
	}
}

// hostNames are the hosts by which others may reach faces.
func hostNames(faces ...*face) []string {
	all := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil {
		all = append(all, host)
	}
	for _, f := range faces {
		all = append(all, hostOf(f.base))
		if host, _, err := net.SplitHostPort(f.ln.Addr().String()); err == nil {
			all = append(all, host)
		}
	}
	return all
}

func keyCACommand(a *app) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of the local authority",
		Long: `Print the certificate of the local authority that signs for "serve --tls", in PEM, and make
the authority if there is none. Clients that trust it trust those servers.`,
		Example: `  rtkmock key ca > rtkmock-ca.pem
  NODE_EXTRA_CA_CERTS=rtkmock-ca.pem node app.js`,
		Args:              noMore(0, `"ca"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			ca, err := a.localCA("state", state)
			if err != nil {
				return err
			}
			a.logf("rtkmock: %s", ca.Path)
			a.logf("rtkmock: %s", trust(ca.Path))
			a.printf("%s", ca.PEM)
			return nil
		},
	}
	stringFlag(cmd.Flags(), &state, "state", "DIR", "the folder of serve's --state, whose authority is its own")
	return cmd
}
