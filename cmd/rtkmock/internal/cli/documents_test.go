package cli

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gotest.tools/v3/assert"
)

var (
	// A command or flags within a line of text, and a command in a block.
	inlineForm = regexp.MustCompile("`((?:[A-Z_]+=\\S+ )*(?:npx )?(?:--no )?rtkmock [^`]+|--[a-z][^`]+)`")
	typedForm  = regexp.MustCompile(`(?m)^\s*(?:\$ |- (?:\./)?|command: )((?:[A-Z_]+=\S+ )*(?:rtkmock |test |serve ).*(?:\\\n.*)*)$`)
	quotedForm = regexp.MustCompile(`'[^']*'`)
	flagForm   = regexp.MustCompile(`(?:^|\s)--([a-z][a-z0-9-]*)`)
)

// othersFlags are flags of other programs, in the text.
const othersFlags = " archives binary build out registry workers execution-segment publish platform no no-index var "

// TestDocumentsNameFlagsThatExist looks at the commands in all documents, also those that no
// test can run.
func TestDocumentsNameFlagsThatExist(t *testing.T) {
	all, byVerb := flagsOf(Tree())
	root, seen := os.DirFS("../../../.."), 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".md") || path == "CHANGELOG.md":
			return nil
		}
		text, err := fs.ReadFile(root, path)
		assert.NilError(t, err)
		for _, found := range append(inlineForm.FindAllStringSubmatch(string(text), -1), typedForm.FindAllStringSubmatch(string(text), -1)...) {
			line, _, _ := strings.Cut(quotedForm.ReplaceAllString(found[1], ""), " -- ")
			known := all
			_, words, _ := strings.Cut(" "+line, " rtkmock ")
			for _, word := range append(strings.Fields(words), strings.Fields(line)...)[:1] {
				if flags := byVerb[word]; flags != nil {
					known = flags
				}
			}
			for _, f := range flagForm.FindAllStringSubmatch(line, -1) {
				seen++
				assert.Check(t, known[f[1]] || strings.Contains(othersFlags, " "+f[1]+" "), "%s: there is no --%s, or not for its verb: %s", path, f[1], line)
			}
		}
		return nil
	})
	assert.NilError(t, err)
	assert.Assert(t, seen > 200, "found %d flags", seen)
}

// flagsOf returns the flags of all verbs, and those of each, with the verbs below it.
func flagsOf(root *cobra.Command) (all map[string]bool, byVerb map[string]map[string]bool) {
	all, byVerb = map[string]bool{"help-all": true}, map[string]map[string]bool{}
	for _, verb := range root.Commands() {
		own := map[string]bool{"help-all": true}
		byVerb[verb.Name()] = own
		for _, c := range append(verb.Commands(), verb, root) {
			for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
				set.VisitAll(func(f *pflag.Flag) { own[f.Name], all[f.Name] = true, true })
			}
		}
	}
	return all, byVerb
}
