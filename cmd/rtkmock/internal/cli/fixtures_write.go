package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// writeGeneration writes all that generate makes.
func (a *app) writeGeneration(g *generation) error {
	if g.f.out == stdinName {
		out := bufio.NewWriterSize(a.out, 64<<10)
		if err := a.writeRequests(g, out); err != nil {
			return a.wrote(err)
		}
		return a.wrote(out.Flush())
	}
	if err := os.MkdirAll(g.f.out, 0o777); err != nil {
		return a.bad("out", "%s: %s", g.f.out, fileProblem(err))
	}
	if err := a.refuseToReplace(g); err != nil {
		return err
	}
	write := a.writeEach
	if g.format.Single {
		write = a.writeSingle
	}
	if err := write(g); err != nil {
		return err
	}
	return a.writeKey(g)
}

// isNumbered reports the name of a request's own file.
func isNumbered(name, ext string) bool {
	number, event, ok := strings.Cut(name, "-")
	return ok && len(number) >= 4 && strings.Trim(number, "0123456789") == "" && event != "" && filepath.Ext(name) == ext
}

// refuseToReplace looks for files that are in the way before anything is
// signed. What comes there later is not replaced either.
func (a *app) refuseToReplace(g *generation) error {
	if g.f.force {
		return nil
	}
	exists := func(name string) error {
		return a.bad("out", "%s: it exists already, want another folder or --force", filepath.Join(g.f.out, name))
	}
	if !g.format.Single {
		names, err := a.numbered(g)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			return exists(names[0])
		}
	}
	for _, name := range g.wholeFiles() {
		if _, err := os.Lstat(filepath.Join(g.f.out, name)); err == nil {
			return exists(name)
		}
	}
	return nil
}

// numbered returns the requests' own files that are there.
func (a *app) numbered(g *generation) ([]string, error) {
	entries, err := os.ReadDir(g.f.out)
	if err != nil {
		return nil, a.bad("out", "%s: %s", g.f.out, fileProblem(err))
	}
	var names []string
	for _, e := range entries {
		if isNumbered(e.Name(), g.format.Ext) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// wholeFiles are the files that are not numbered.
func (g *generation) wholeFiles() []string {
	var names []string
	if g.format.Single {
		names = append(names, "corpus"+g.format.Ext)
	}
	if g.format.CompanionName != "" {
		names = append(names, g.format.CompanionName)
	}
	return append(names, filepath.Join("key", "public.pem"), filepath.Join("key", "webhooks.json"))
}

// put writes one file below the folder.
func (a *app) put(g *generation, name string, mode fs.FileMode, durable bool, write func(io.Writer) error) error {
	path := filepath.Join(g.f.out, name)
	err := writeWhole(path, mode, g.f.force, durable, write)
	if err == nil || errors.Is(err, errGenerating) {
		return err
	}
	return a.bad("out", "%s: %s", path, fileProblem(err))
}

// errGenerating marks what is not about the file.
var errGenerating = errors.New("generating")

func (a *app) writeSingle(g *generation) error {
	mode := fs.FileMode(0o666)
	if g.format.Ext == ".sh" {
		mode = 0o777
	}
	name := "corpus" + g.format.Ext
	g.result.Files = append(g.result.Files, name)
	err := a.put(g, name, mode, true, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 256<<10)
		if err := a.writeRequests(g, out); err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil || g.format.CompanionName == "" {
		return err
	}
	g.result.Files = append(g.result.Files, g.format.CompanionName)
	return a.put(g, g.format.CompanionName, 0o666, true, text(g.format.Companion))
}

// writeRequests writes all requests as one file.
func (a *app) writeRequests(g *generation, w io.Writer) error {
	out := g.format.NewWriter(w)
	for r, err := range g.corpus.All(a.ctx) {
		if err != nil {
			return fmt.Errorf("%w: %w", errGenerating, err)
		}
		if err := out.Write(r); err != nil {
			return err
		}
		g.wrote()
	}
	return out.Close()
}

// writeEach writes each request to a file of its own.
func (a *app) writeEach(g *generation) error {
	width := max(4, len(strconv.Itoa(g.corpus.Len())))
	g.result.Files = append(g.result.Files, strings.Repeat("N", width)+"-EVENT"+g.format.Ext)
	for r, err := range g.corpus.All(a.ctx) {
		if err != nil {
			return err
		}
		data, err := g.format.Append(nil, r)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%0*d-%s", width, r.N, r.Event)
		if r.Case != "" {
			name += "+" + r.Case
		}
		if err := a.put(g, name+g.format.Ext, 0o666, false, text(string(data))); err != nil {
			return err
		}
		g.wrote()
	}
	if g.f.force {
		names, err := a.numbered(g)
		if err != nil {
			return err
		}
		if n := len(names) - g.n; n > 0 {
			a.logf("rtkmock: warning: %s of an earlier call in %s as well", countOf(n, "file", "files"), g.f.out)
		}
	}
	return nil
}

func (g *generation) wrote() {
	g.n++
	g.show.did(g.n)
}

// text writes s.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// writeKey writes what the requests verify with.
func (a *app) writeKey(g *generation) error {
	if err := os.MkdirAll(filepath.Join(g.f.out, "key"), 0o777); err != nil {
		return a.bad("out", "%s: %s", filepath.Join(g.f.out, "key"), fileProblem(err))
	}
	public, err := rtk.PublicPEM(&g.key.PublicKey)
	if err != nil {
		return err
	}
	document, err := rtk.KeyDocument(public)
	if err != nil {
		return err
	}
	if err := a.put(g, filepath.Join("key", "public.pem"), 0o666, true, text(testOnly+public+"\n")); err != nil {
		return err
	}
	return a.put(g, filepath.Join("key", "webhooks.json"), 0o666, true, text(string(document)))
}

// testOnly stands before a public key. PEM readers pass over it.
const testOnly = "TEST ONLY. Public half of a key that signs made-up webhook deliveries.\n"
