// Command npm makes the npm packages of rtkmock. It is run at the root of a clone:
//
//	go run ./cmd/rtkmock/npm --binary FILE      a package to install from a file, for this platform
//	go run ./cmd/rtkmock/npm --archives DIR     the same for each archive of a release, and one for all platforms
//	go run ./cmd/rtkmock/npm --archives DIR --registry [--publish]
//
// What is installed from a file has its programs inside: npm asks no registry about
// it. With --registry there is a package a platform instead, and the main one names
// them as optional dependencies. --publish tries to publish them, and publishes
// nothing.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "npm:", err)
		os.Exit(2)
	}
}

type options struct {
	binary, archives, out string
	registry, publish     bool
}

func run(args []string, out io.Writer) error {
	var o options
	fs := pflag.NewFlagSet("npm", pflag.ContinueOnError)
	fs.StringVar(&o.binary, "binary", "", "a rtkmock for this platform, as go build makes it, in `FILE`")
	fs.StringVar(&o.archives, "archives", "", "the `DIR` with the archives of a release, and their checksums.txt")
	fs.StringVar(&o.out, "out", "dist/npm", "the `DIR` for the packages, which is made")
	fs.BoolVar(&o.registry, "registry", false, "make packages for a registry: one a platform, and one that names them")
	fs.BoolVar(&o.publish, "publish", false, "with --registry: try to publish them, by npm publish --dry-run; nothing is published")
	fs.Usage = func() {
		fmt.Fprintf(out, "Make the npm packages of rtkmock, at the root of a clone.\n\n%s\n", fs.FlagUsages())
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	switch {
	case fs.NArg() > 0:
		return fmt.Errorf("found %q, want flags alone", fs.Arg(0))
	case (o.binary == "") == (o.archives == ""):
		return errors.New("want either --binary FILE or --archives DIR")
	case o.publish && !o.registry:
		return errors.New("--publish: what is installed from a file is not published, want --registry with it")
	}
	return o.run(out)
}

func (o options) run(out io.Writer) error {
	src, err := readSource(".")
	if err != nil {
		return err
	}
	programs, err := o.programs(src)
	if err != nil {
		return err
	}
	packages := filePackages(src, programs)
	if o.registry {
		packages = registryPackages(src, programs)
	}
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	for _, p := range packages {
		path := filepath.Join(o.out, p.name)
		if err := p.write(path); err != nil {
			return err
		}
		fmt.Fprintln(out, path)
	}
	if !o.publish {
		return nil
	}
	for _, p := range packages {
		if err := tryToPublish(filepath.Join(o.out, p.name), src.version, out); err != nil {
			return err
		}
	}
	return nil
}

// programs reads what goes into the packages, and gives src their version.
func (o options) programs(src *source) ([]program, error) {
	if o.archives != "" {
		return readArchives(src, o.archives)
	}
	p, err := readBinary(src, o.binary)
	return []program{p}, err
}

// tryToPublish has npm look at a package as if it were published. The names are
// nobody's yet, so there is no way to do more from here.
func tryToPublish(path, version string, out io.Writer) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	tag := "latest"
	if strings.Contains(version, "-") {
		tag = "next" // nobody gets it who does not ask for it
	}
	cmd := exec.Command("npm", "publish", "--dry-run", "--access", "public", "--tag", tag, abs)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npm publish --dry-run %s: %w", path, err)
	}
	return nil
}
