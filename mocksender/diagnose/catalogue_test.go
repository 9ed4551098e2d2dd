package diagnose_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
)

func TestEveryDiagnosisNamesCausesAndFix(t *testing.T) {
	seen := map[diagnose.ID]bool{}
	for _, d := range diagnose.Catalogue() {
		assert.Assert(t, !seen[d.ID], "%s is there twice", d.ID)
		seen[d.ID] = true
		group, slug, ok := strings.Cut(string(d.ID), "/")
		assert.Assert(t, ok && slug != "" && slices.Contains([]string{"body", "signature", "key"}, group), "%s", d.ID)
		assert.Assert(t, d.Title != "" && d.Fix != "", "%s", d.ID)
		assert.Equal(t, len(d.Causes), 4)
		for _, c := range d.Causes {
			assert.Assert(t, c.Text != "", "%s: %s", d.ID, c.Where)
			assert.Assert(t, !strings.HasSuffix(c.Text, "."), "%s: %s: a clause, not a sentence", d.ID, c.Where)
		}
		got, ok := diagnose.Lookup(d.ID)
		assert.Assert(t, ok)
		assert.Equal(t, got.Title, d.Title)
	}
	_, ok := diagnose.Lookup("body/none")
	assert.Assert(t, !ok)
}

// constants returns the names and values of the ids that the package declares.
func constants(t *testing.T) map[string]diagnose.ID {
	t.Helper()
	out := map[string]diagnose.ID{}
	file, err := parser.ParseFile(token.NewFileSet(), "diagnosis.go", nil, 0)
	assert.NilError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "ID" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			assert.NilError(t, err)
			out[spec.Names[0].Name] = diagnose.ID(value)
		}
		return true
	})
	return out
}

func TestEveryDiagnosisHasATest(t *testing.T) {
	var tests strings.Builder
	for _, name := range []string{"body_test.go", "signature_test.go", "key_test.go"} {
		data, err := os.ReadFile(name)
		assert.NilError(t, err)
		tests.Write(data)
	}
	declared := constants(t)
	assert.Equal(t, len(declared), len(diagnose.Catalogue()))
	for name, id := range declared {
		_, ok := diagnose.Lookup(id)
		assert.Assert(t, ok, "%s is not in the catalogue", id)
		assert.Assert(t, strings.Contains(tests.String(), "diagnose."+name+"}") || strings.Contains(tests.String(), "diagnose."+name+","),
			"no test is about %s", name)
	}
}
