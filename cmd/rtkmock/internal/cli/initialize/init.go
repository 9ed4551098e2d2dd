// Package initialize is "rtkmock init": it looks at a project, and writes settings and
// a CI job for it.
package initialize

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

type options struct {
	*app.App
	yes, dryRun, force bool
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write settings and a CI job for the project in this folder",
		Long: `Look at the project in the working folder (package.json, wrangler.toml, pyproject.toml, go.mod,
composer.json, compose.yaml and its sources), and write what "rtkmock test" needs to judge its
receiver: ` + settingsName + ` here, and ` + workflowName + ` at the root of the repository. On a
terminal it asks about what it has found. A file that exists is left alone.`,
		Example: `  rtkmock init
  rtkmock init --yes
  rtkmock init --dry-run`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	fs := cmd.Flags()
	fs.BoolVarP(&o.yes, "yes", "y", false, "ask nothing, take what was found")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the files, and write nothing; it asks nothing")
	fs.BoolVar(&o.force, "force", false, "replace files that exist")
	return cmd
}

func (o *options) run(ctx context.Context) error {
	asks := !o.yes && !o.dryRun
	if asks && !o.InIsTTY {
		return exit.Usagef("init: standard input is no terminal to ask at, want --yes, or --dry-run to see what it would write")
	}
	dir, err := os.Getwd()
	if err != nil {
		return exit.Usagef("init: the working folder: %s", files.Problem(err))
	}
	p, err := lookAt(dir)
	if err != nil {
		return exit.Usagef("init: %s: %s", dir, files.Problem(err))
	}
	root, within := repository(dir)
	p.noteOutside(within)
	if len(p.Found) == 0 {
		p.note("nothing that tells how a receiver is started here; the files say what to fill in")
	}
	for i, line := range p.Found {
		o.Logf("%s  %s", [...]string{"found", "     "}[min(i, 1)], terminal.OneLine(line))
	}
	if asks {
		if err := o.ask(ctx, p); err != nil {
			return err
		}
	}
	settings, err := content(settingsName, p)
	if err != nil {
		return err
	}
	job, err := content(workflowName, workflow{p, within})
	if err != nil {
		return err
	}
	for _, f := range []file{{filepath.Join(dir, settingsName), settings}, {filepath.Join(root, filepath.FromSlash(workflowName)), job}} {
		if err := o.place(dir, f); err != nil {
			return err
		}
	}
	if !o.dryRun {
		o.printNext(p)
	}
	return nil
}

// lookAt reads a folder, and nothing outside of it.
func lookAt(dir string) (*project, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := readFolder(root.FS())
	if err != nil {
		return nil, err
	}
	return look(f), nil
}

// maxParents bounds how far up the root of a repository is looked for.
const maxParents = 32

// repository returns the root of the repository that dir is in, and the path from there
// to dir. Without one it is dir itself.
func repository(dir string) (root, within string) {
	at, within := dir, "."
	for range maxParents {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at, within
		}
		up := filepath.Dir(at)
		if up == at {
			break
		}
		at, within = up, path.Join(filepath.Base(at), within)
	}
	return dir, "."
}

// file is what is written.
type file struct{ path, content string }

// place writes a file, or says what it would write.
func (o *options) place(dir string, f file) error {
	name, err := filepath.Rel(dir, f.path)
	if err != nil {
		name = f.path
	}
	if o.dryRun {
		o.Printf("--- %s\n%s", name, f.content)
		return nil
	}
	old, err := os.ReadFile(f.path)
	switch {
	case err == nil && string(old) == f.content:
		o.Printf("%s is as it should be\n", name)
		return nil
	case !errors.Is(err, fs.ErrNotExist) && !o.force:
		o.Printf("%s exists and is left alone; --force replaces it, --dry-run shows what it would be\n", name)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
		return exit.Usagef("init: %s: %s", name, files.Problem(err))
	}
	if err := files.Overwrite(f.path, files.Content(f.content)); err != nil {
		return exit.Usagef("init: %s: %s", name, files.Problem(err))
	}
	o.Printf("%s is written\n", name)
	return nil
}

// printNext prints the command to type next.
func (o *options) printNext(p *project) {
	o.Printf("\n%s\n", o.Paint(terminal.Bold, "Next"))
	if p.Command == "" && p.KeyPEM != "" {
		o.Printf("  %s key new --out %s\n  export %s=\"$(%s)\"\n", strings.Join(o.Program, " "), p.KeyFile(), p.KeyPEM, p.PublicKey())
	}
	if p.Service != "" {
		o.Printf("  docker compose up --detach\n")
	}
	for _, line := range p.Build {
		o.Printf("  %s\n", line)
	}
	o.Printf("  %s test\n", strings.Join(o.Program, " "))
	o.Logf("for CI: put the account that holds rtkmock for you in place of OWNER in %s", workflowName)
}

// ask has a person confirm or replace what was found.
func (o *options) ask(ctx context.Context, p *project) error {
	in, _, err := o.OpenInput(ctx, "init", app.Stdin)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	question := func(text, found string, check func(string) error) (string, error) {
		for {
			if found == "" {
				found = noAnswer
			}
			o.Out.Write([]byte(text + " [" + terminal.OneLine(found) + "]: "))
			if !lines.Scan() {
				return "", exit.ErrInterrupted
			}
			answer := strings.TrimSpace(lines.Text())
			if answer == "" {
				answer = found
			}
			if answer == noAnswer {
				answer = ""
			}
			err := check(answer)
			if err == nil {
				return answer, nil
			}
			o.Logf("%s", exit.Plain(err))
		}
	}
	url, err := question("URL of the receiver", p.URL, func(s string) error {
		_, err := target.ParseURL("the URL", strings.ReplaceAll(s, "{port}", "3000"))
		return err
	})
	if err != nil {
		return err
	}
	if url != p.URL {
		p.URL, p.RouteAt = url, "asked"
	}
	if p.Command, err = question("Command that starts it ("+noAnswer+" for none)", p.Command, func(s string) error {
		_, err := process.SplitWords(s)
		return err
	}); err != nil {
		return err
	}
	if p.Command == "" || p.KeyPEM != "" || p.Fixed {
		return o.settle(p)
	}
	p.KeyEnv, err = question("Variable in which it finds the URL of the key", p.KeyName(), func(s string) error {
		_, err := target.ParseVariable(s)
		return err
	})
	if err != nil {
		return err
	}
	return o.settle(p)
}

// settle makes the parts of an answered project fit each other.
func (o *options) settle(p *project) error {
	if !strings.Contains(p.URL, "{port}") || p.Command == "" {
		p.PortEnv = ""
	}
	if p.Command == "" {
		p.URL = strings.ReplaceAll(p.URL, "{port}", "3000")
	} else {
		p.Service = ""
	}
	if p.KeyEnv == target.KeyVariable {
		p.KeyEnv = ""
	}
	return nil
}

// noAnswer stands for nothing.
const noAnswer = "-"
