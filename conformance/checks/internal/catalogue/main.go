package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

// Files written, seen from conformance/checks.
const (
	pageFile = "../CHECKS.md"
	idsFile  = "ids.txt"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(2)
	}
}

func write() error {
	before, err := os.ReadFile(idsFile)
	if err != nil {
		return err
	}
	all := checks.All()
	text, err := page(all, checks.Retired())
	if err != nil {
		return err
	}
	if err := os.WriteFile(idsFile, []byte(idList(string(before), all)), 0o666); err != nil {
		return err
	}
	return os.WriteFile(pageFile, []byte(text), 0o666)
}

const idsHead = `# Every id that was ever given to a check. "go generate" adds to this file; a line is never
# changed or taken away: what goes is listed in checks.Retired.
`

// idList writes the ids of the file before, and those of the checks.
func idList(before string, all []*conformance.Check) string {
	var given []string
	for line := range strings.Lines(before) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			given = append(given, line)
		}
	}
	for _, c := range all {
		given = append(given, string(c.ID))
	}
	slices.Sort(given)
	return idsHead + strings.Join(slices.Compact(given), "\n") + "\n"
}
