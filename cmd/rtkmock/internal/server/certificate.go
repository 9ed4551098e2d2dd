package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/localca"
)

// LocalCA opens the local authority, or makes it: in the folder of --state, or,
// without one, in one of the user's own. An error names flag.
func LocalCA(a *app.App, flag, state string) (*localca.CA, error) {
	dir := state
	if config := a.Env["XDG_CONFIG_HOME"]; dir == "" && config != "" {
		dir = filepath.Join(config, "rtkmock")
	}
	if dir == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, a.BadFlag("tls", "no folder for the local authority: %w; want --state DIR, or --tls-cert and --tls-key", err)
		}
		dir = filepath.Join(config, "rtkmock")
	}
	ca, err := localca.Open(dir, time.Now())
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return nil, a.BadFlag(flag, "%s: %s", path.Path, files.Problem(path))
	case err != nil:
		return nil, a.BadFlag(flag, "%w", err)
	}
	return ca, nil
}

// TrustHint says how clients come to trust the certificate in a file.
func TrustHint(path string) string {
	return "trust it in Node with NODE_EXTRA_CA_CERTS=" + path + ", in Go and Python with SSL_CERT_FILE=" + path +
		" (Python's requests: REQUESTS_CA_BUNDLE), in Workers under wrangler dev as in Node, in curl with --cacert"
}
