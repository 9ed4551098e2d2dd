package conformancetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// A Go test has no flags of the command line.
func TestEveryFlagInTheTextsHasAFieldInGo(t *testing.T) {
	flag := regexp.MustCompile(`(^|[ (])--( |[a-z])`)
	found := 0
	for _, dir := range []string{"..", "../checks", "../effects", "../internal/*", "../checks/internal/*"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		assert.NilError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			assert.NilError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
					if flag.MatchString(text.Value) {
						found++
					}
					assert.Check(t, !flag.MatchString(inGo(text.Value)), "%s: %s", name, inGo(text.Value))
				}
				return true
			})
		}
	}
	assert.Assert(t, found > 30)
}
