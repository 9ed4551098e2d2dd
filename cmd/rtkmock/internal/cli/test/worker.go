package test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/stack"
)

const (
	devVars     = ".dev.vars"
	devVarsSize = 1 << 20
)

// keyHidden says why a Worker under "wrangler dev" does not see the variable of the key's
// URL, and what shows it to the Worker. It is empty where nothing proves that.
func (r *run) keyHidden() string {
	words, name := r.command.words, r.command.keyNames()[0]
	line := strings.Join(words, " ")
	s, _ := stack.Detect(words, os.DirFS("."), nil)
	if len(words) == 0 || s.ID != "workers" || strings.Contains(line, "--var "+name+":") || strings.Contains(line, `--var "`+name+":") {
		return ""
	}
	why := "wrangler dev does not show a Worker the variables of its process, such as " + name
	switch text, err := files.Read(devVars, devVarsSize); {
	case err == nil && regexp.MustCompile(`(?m)^\s*(export\s+)?`+name+`\s*=`).Match(text):
		why = devVars + " sets " + name + ", and outweighs the one that rtkmock sets"
	case err == nil:
		why = "because of the file " + devVars + ", wrangler dev shows a Worker no variables of its process, and " + name + " is not in the file"
	case r.Env["CLOUDFLARE_INCLUDE_PROCESS_ENV"] == "true":
		return ""
	}
	return why + `; add --var "NAME:$NAME" for it to the line of wrangler dev, which a shell has to read, as in sh -c '…'`
}

// showKey are the words of the command that shows a Worker the variable, nil where
// wrangler is called by something else.
func (r *run) showKey() []string {
	args := r.shownArgs()
	dash := slices.Index(args, "--")
	if words := r.command.words; dash < 0 || !slices.Contains(words[:min(2, len(words))], "wrangler") {
		return nil
	}
	name := r.command.keyNames()[0]
	line := fmt.Sprintf(`%s --var "%s:$%s"`, strings.Join(reports.ShellWords(args[dash+1:]), " "), name, name)
	return reports.ShellWords(slices.Concat(r.Program, args[:dash+1], []string{"sh", "-c", line}))
}
