package intercept

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestThePrivateFolderIsPrivateAndGoesAtTheEnd(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	i, err := Start(t.Context(), Options{Handler: http.HandlerFunc(say)})
	assert.NilError(t, err)
	info, err := os.Stat(i.settings.Dir)
	assert.NilError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, info.Mode().Perm(), fs.FileMode(0o700))
		assert.DeepEqual(t, i.Cleaner().Remove, []string{i.settings.Dir})
	}
	assert.NilError(t, os.MkdirAll(filepath.Join(i.settings.Dir, "python", "__pycache__"), 0o700)) // as Python does
	assert.NilError(t, i.Close())
	assert.NilError(t, i.Close(), "twice does no harm")
	left, err := os.ReadDir(os.TempDir())
	assert.NilError(t, err)
	assert.Equal(t, len(left), 0)
}

func TestAFolderThatIsNamedIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	i, err := Start(t.Context(), Options{Handler: http.HandlerFunc(say), Dir: dir})
	assert.NilError(t, err)
	assert.Equal(t, i.settings.Dir, dir)
	assert.Equal(t, len(i.Cleaner().Remove), 0)
	assert.NilError(t, i.Close())
	var found []string
	assert.NilError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			info, infoErr := d.Info()
			assert.NilError(t, infoErr)
			assert.Assert(t, runtime.GOOS == "windows" || info.Mode().Perm() == 0o644, "a container's user reads it: %s", info.Mode())
			name, _ := filepath.Rel(dir, path)
			found = append(found, filepath.ToSlash(name))
		}
		return err
	}))
	assert.DeepEqual(t, found, []string{bundleFile, certFile, nodeFile, phpFile, pythonFile, trustFile, storeFile})
}

// keyForms are the ways in which a key might be written.
func keyForms(t *testing.T, key *ecdsa.PrivateKey) [][]byte {
	t.Helper()
	raw, err := key.Bytes()
	assert.NilError(t, err)
	sec1, err := x509.MarshalECPrivateKey(key)
	assert.NilError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	assert.NilError(t, err)
	forms := [][]byte{raw, []byte("PRIVATE KEY")}
	for _, der := range [][]byte{sec1, pkcs8} {
		forms = append(forms, []byte(base64.StdEncoding.EncodeToString(der)[:40]))
	}
	return forms
}

func TestNoPrivateKeyTouchesADisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, way := range []Way{WayEnvironment, WayListener} {
		i := begin(t, Options{Way: way, Listen: "127.0.0.1:0"})
		keys := []*ecdsa.PrivateKey{i.front.authority.key}
		for _, host := range Hosts() {
			leaf, err := i.front.authority.leaf(host, NoFault, i.front.now())
			assert.NilError(t, err)
			keys = append(keys, leaf.PrivateKey.(*ecdsa.PrivateKey))
		}
		files := 0
		assert.NilError(t, filepath.WalkDir(os.TempDir(), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			text, err := os.ReadFile(path)
			for _, key := range keys {
				for _, form := range keyForms(t, key) {
					assert.Assert(t, !bytes.Contains(text, form), path)
				}
			}
			return err
		}))
		assert.Assert(t, files >= 5)
		// What a running rtkmock tells of itself, and a supervisor gets.
		for _, told := range []any{i.Settings(), i.Plan([]string{"x"}), i.Cleaner()} {
			text, err := json.Marshal(told)
			assert.NilError(t, err)
			assert.Assert(t, !strings.Contains(string(text), "PRIVATE"))
		}
	}
}

func TestAListenerForThisMachineAnswersAndForwards(t *testing.T) {
	far := newStandIn(t, nil)
	o := far.options()
	o.Way, o.Listen = WayListener, "127.0.0.1:0"
	i := begin(t, o)
	transport := &http.Transport{TLSClientConfig: newUpstream(nil, i.roots(), nil).transport().TLSClientConfig}
	transport.DialContext = led(i.settings.Listen, new([]string))
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	_, body := get(t, client, "https://"+RealtimeHost+"/x")
	assert.Equal(t, body, "answered "+RealtimeHost+"/x")
	status, _ := get(t, client, "https://"+CloudflareHost+"/client/v4/zones")
	assert.Equal(t, status, http.StatusOK)
	assert.Equal(t, len(far.requests()), 1)
	assert.Equal(t, i.Settings().Proxy, "")
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	assert.NilError(t, os.WriteFile(file, nil, 0o600))
	handler := http.HandlerFunc(say)
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "intercept: options: no handler"},
		{Options{Handler: handler, Way: "magic"}, `intercept: options: found the way "magic", want hosts, environment or listener`},
		{Options{Handler: handler, Way: WayListener}, `the way "listener" needs an address to listen on`},
		{Options{Handler: handler, Hosts: []string{"localhost"}}, `"localhost" is this machine already`},
		{Options{Handler: handler, Listen: taken.Addr().String()}, "the listener for what runs elsewhere: listen tcp " + taken.Addr().String()},
		{Options{Handler: handler, Dir: filepath.Join(file, "below")}, "not a directory"},
		{Options{Handler: handler, Dir: filepath.Join(t.TempDir(), "a"+string(os.PathListSeparator)+"b")}, "a list such as PYTHONPATH"},
	} {
		_, err := Start(t.Context(), c.o)
		assert.Assert(t, is.ErrorContains(err, c.want))
	}
	_, err = Start(t.Context(), Options{Handler: handler, Way: "magic"})
	assert.Assert(t, errors.Is(err, ErrOptions))
}

func TestMoreNamesAreAnsweredAndVouchedFor(t *testing.T) {
	i := begin(t, Options{Hosts: []string{"Hooks.Example.COM", DyteHost}})
	assert.Equal(t, len(i.settings.Hosts), len(Hosts())+1)
	_, body := get(t, proxied(t, i), "https://hooks.example.com/x")
	assert.Equal(t, body, "answered hooks.example.com/x")
}

// BenchmarkStart is what interception costs within rtkmock: the authority, its
// files and its listeners.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		i, err := Start(b.Context(), Options{Handler: http.HandlerFunc(say)})
		assert.NilError(b, err)
		assert.NilError(b, i.Close())
	}
}
