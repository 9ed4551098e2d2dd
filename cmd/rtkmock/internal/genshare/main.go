// Command genshare writes what releases have beside the binary, a manual page for
// each verb and a completion script for each shell:
//
//	go run ./cmd/rtkmock/internal/genshare DIR
//
// They are made from the one command tree. The generator is a program of its own,
// so that what makes pages is not linked into rtkmock.
package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "genshare:", err)
		os.Exit(2)
	}
}

// run writes man/rtkmock….1.gz and completions/rtkmock.… below the directory that
// args name. Both folders are made anew. SOURCE_DATE_EPOCH fixes the date of the
// pages.
func run(args []string) error {
	if len(args) != 1 {
		return errors.New("want one argument, the directory for pages and completions")
	}
	man, completions := filepath.Join(args[0], "man"), filepath.Join(args[0], "completions")
	for _, dir := range []string{man, completions} {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o777)); err != nil {
			return err
		}
	}
	root := cli.Tree()
	root.DisableAutoGenTag = true
	if err := writePages(root, man); err != nil {
		return err
	}
	script := filepath.Join(completions, "rtkmock.")
	return errors.Join(
		root.GenBashCompletionFileV2(script+"bash", true),
		root.GenZshCompletionFile(script+"zsh"),
		root.GenFishCompletionFile(script+"fish", true),
		root.GenPowerShellCompletionFileWithDesc(script+"ps1"),
	)
}

// writePages writes the pages compressed, as packages have them.
func writePages(root *cobra.Command, dir string) error {
	err := doc.GenManTree(root, &doc.GenManHeader{
		Section: "1",
		Source:  "rtkmock",
		Manual:  "rtkmock",
	}, dir)
	if err != nil {
		return err
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		return err
	}
	for _, path := range pages {
		if err := compress(path); err != nil {
			return err
		}
	}
	return nil
}

// compress puts the file at path into path.gz.
func compress(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f, err := os.Create(path + ".gz")
	if err != nil {
		return err
	}
	// Without a name and a time, the same page is the same file.
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(page)
		err = errors.Join(err, z.Close())
	}
	return errors.Join(err, f.Close(), os.Remove(path))
}
