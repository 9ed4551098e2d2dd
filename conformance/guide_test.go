package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// TestEveryProofIsATestThatExists parses the sources: a test that was renamed
// or taken away must not go on proving something.
func TestEveryProofIsATestThatExists(t *testing.T) {
	byPackage := map[string]map[string]bool{}
	for _, s := range Guide() {
		assert.Assert(t, s.BindsSender() || len(s.Proofs) == 0, "%s does not bind the sender", s.No)
		had := map[Proof]bool{}
		for _, p := range s.Proofs {
			tests := byPackage[p.Package]
			if tests == nil {
				tests = testsOf(t, filepath.Join("..", filepath.FromSlash(p.Package)))
				byPackage[p.Package] = tests
			}
			assert.Check(t, tests[p.Test], "%s: there is no %s in %s", s.No, p.Test, p.Package)
			assert.Check(t, !had[p], "%s: %s is there twice", s.No, p.Test)
			had[p] = true
		}
	}
}

// testsOf returns the names of the tests in a package's folder, whatever their
// build constraints.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	assert.NilError(t, err)
	out := map[string]bool{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		assert.NilError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				out[f.Name.Name] = true
			}
		}
	}
	return out
}

func TestGapsAreSeen(t *testing.T) {
	check := []*Check{{ID: "a/x"}}
	proof := []Proof{{"a", "TestB"}}
	for _, tc := range []struct {
		reason string
		trace  Trace
		want   string
	}{
		{"a receiver's sentence needs a check", Trace{Sentence{Binds: "receiver", Proofs: proof}, nil}, "no check"},
		{"and that alone", Trace{Sentence{Binds: "receiver"}, check}, ""},
		{"a sender's sentence needs a test", Trace{Sentence{Binds: "sender"}, check}, "no test of the sender"},
		{"and that alone", Trace{Sentence{Binds: "sender", Proofs: proof}, nil}, ""},
		{"one that binds both needs both", Trace{Sentence: Sentence{Binds: "both"}}, "no check, no test of the sender"},
		{"and has both", Trace{Sentence{Binds: "both", Proofs: proof}, check}, ""},
	} {
		assert.Equal(t, strings.Join(tc.trace.Gaps(), ", "), tc.want, tc.reason)
	}
}

func TestTracesFollowTheSentencesInTheirOrder(t *testing.T) {
	traces := Traces([]*Check{{ID: "a/x", From: []string{"S3", "S9"}}, {ID: "a/y", From: []string{"S9"}}})
	assert.Equal(t, len(traces), len(Guide()))
	for i, s := range Guide() {
		assert.DeepEqual(t, traces[i].Sentence, s)
	}
	assert.Equal(t, len(traces[2].Checks), 1)
	assert.Equal(t, len(traces[8].Checks), 2)
	assert.Equal(t, traces[8].Checks[1].ID, ID("a/y"))
}
