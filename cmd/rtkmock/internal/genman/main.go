// Command genman writes a manual page for each verb of rtkmock:
//
//	go run ./cmd/rtkmock/internal/genman DIR
//
// The pages are made from the one command tree. The generator is a program of
// its own, so that what makes pages is not linked into rtkmock.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra/doc"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "genman:", err)
		os.Exit(2)
	}
}

// run writes the pages into the directory that args name, which is created.
// SOURCE_DATE_EPOCH fixes their date.
func run(args []string) error {
	if len(args) != 1 {
		return errors.New("want one argument, the directory for the pages")
	}
	if err := os.MkdirAll(args[0], 0o777); err != nil {
		return err
	}
	root := cli.Tree()
	root.DisableAutoGenTag = true
	return doc.GenManTree(root, &doc.GenManHeader{
		Section: "1",
		Source:  "rtkmock",
		Manual:  "rtkmock",
	}, args[0])
}
