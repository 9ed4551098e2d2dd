package intercept

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// The files of a run, relative to its folder.
const (
	certFile   = "ca.pem"                  // the authority's certificate
	bundleFile = "bundle.pem"              // all that the command trusts
	storeFile  = "truststore.p12"          // the same for Java
	phpFile    = "php/rtkmock.ini"         // names the bundle to PHP
	trustFile  = "trust/sitecustomize.py"  // is loaded by Python first, and has it trust the authority
	pythonFile = "python/sitecustomize.py" // the same, and leads it to the names
	nodeFile   = "node.cjs"                // is loaded by Node first, and leads it to the names
	faultFile  = "unknown-names"           // the names with NameUnknown, for both
)

//go:embed preload/node.cjs
var nodePreload string

//go:embed preload/sitecustomize.py
var pythonPreload string

// phpSettings name the bundle to PHP, which reads variables in its settings.
const phpSettings = "curl.cainfo=${SSL_CERT_FILE}\nopenssl.cafile=${SSL_CERT_FILE}\n"

// trustFiles are the files by which a command trusts the authority. They hold no
// paths: a container may know the folder by another name.
func (b *bundle) trustFiles(a *authority) (map[string][]byte, error) {
	// There is nothing to keep secret, and to encrypt it would be half the cost of
	// a start. Java reads this form with a password and without.
	store, err := pkcs12.Passwordless.EncodeTrustStore(append(b.certs, a.cert), "")
	if err != nil {
		return nil, fmt.Errorf("intercept: %s: %w", storeFile, err)
	}
	return map[string][]byte{
		certFile:   a.pem(),
		bundleFile: slices.Concat(b.pem.Bytes(), a.pem()),
		storeFile:  store,
		phpFile:    []byte(phpSettings),
		trustFile:  filled(pythonPreload, nil, 0),
	}, nil
}

// preloadFiles are the files that lead clients to a port of this machine.
func preloadFiles(hosts []string, port int) map[string][]byte {
	return map[string][]byte{nodeFile: filled(nodePreload, hosts, port), pythonFile: filled(pythonPreload, hosts, port)}
}

// filled is a preload for hosts that a port of this machine answers.
func filled(preload string, hosts []string, port int) []byte {
	list, _ := json.Marshal(append([]string{}, hosts...)) // both languages read it
	return []byte(strings.NewReplacer("__HOSTS__", string(list), "__PORT__", strconv.Itoa(port)).Replace(preload))
}

// writeFiles writes files below a folder, each whole or not at all: a container
// may read them at the same time.
func writeFiles(dir string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("intercept: %w", err)
		}
		if err := writeFile(path, content); err != nil {
			return fmt.Errorf("intercept: %w", err)
		}
	}
	return nil
}

func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing, once it is renamed
	if _, err = f.Write(content); err == nil {
		err = f.Chmod(0o644) // others may read it where the folder lets them
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
