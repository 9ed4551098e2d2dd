package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

const module = "github.com/rtkmock/rtkmock"

// floors are the packages by the floor they stand on. A package imports only
// from floors below its own, and helpers that it has inside it.
func floors() map[string]int {
	return map[string]int{
		"mocksender/rtk":             0,
		"mocksender/internal/memnet": 0,

		"mocksender/intercept/supervisor": 0,

		"schemas":             0,
		"fixtures":            0,
		"fixtures/recipes/go": 0,

		"mocksender":           1,
		"mocksender/payload":   1,
		"mocksender/wellknown": 1,
		"mocksender/artifacts": 1,
		"mocksender/intercept": 1,

		"conformance":           2,
		"conformance/receivers": 2,
		"scenarios":             2,
		"mocksender/corpus":     2,
		"mocksender/diagnose":   2,

		"conformance/checks":      3,
		"conformance/report":      3,
		"mocksender/service":      3,
		"mocksender/service/page": 3,

		"mocksender/service/metrics":  4,
		"conformance/conformancetest": 4,
		"conformance/selftest":        4,
		"mocksender/mocksendertest":   4,

		"cmd/rtkmock/internal/cli":    5,
		"cmd/rtkmock/internal/genman": 6,
		"cmd/rtkmock":                 6,
	}
}

// gopkg is what go list says of a package.
type gopkg struct {
	ImportPath   string
	Name         string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// goList returns packages of this module, or with -deps all they need.
func goList(t *testing.T, args ...string) []gopkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Name,Standard,Imports,TestImports,XTestImports,Deps"}, args...)...)
	cmd.Dir = "../.."
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	assert.NilError(t, err, errs.String())
	var pkgs []gopkg
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p gopkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else {
			assert.NilError(t, err)
		}
		pkgs = append(pkgs, p)
	}
}

func own(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, module+"/")
	return rest, ok
}

func TestImportsPointDownwards(t *testing.T) {
	known := floors()
	for _, p := range goList(t, "./...") {
		name, ok := own(p.ImportPath)
		assert.Assert(t, ok, p.ImportPath)
		floor, ok := known[name]
		if !ok {
			// A helper inside a room may be used by what is in the room alone,
			// which the compiler sees to.
			assert.Assert(t, strings.Contains(name, "/internal/"), "%s stands on no floor", name)
			continue
		}
		for _, imported := range p.Imports {
			below, ok := own(imported)
			if !ok {
				continue
			}
			if lower, ok := known[below]; ok {
				assert.Assert(t, lower < floor, "%s (floor %d) imports %s (floor %d)", name, floor, below, lower)
			}
		}
	}
}

func TestTheWordsOfTheProtocolNeedTheStandardLibraryAlone(t *testing.T) {
	for _, name := range []string{"mocksender/rtk", "mocksender/internal/memnet", "mocksender/intercept/supervisor", "fixtures"} {
		for _, p := range goList(t, "-deps", "./"+name) {
			own := p.ImportPath == module+"/"+name
			assert.Assert(t, p.Standard || own, "%s needs %s", name, p.ImportPath)
			assert.Assert(t, p.ImportPath != "testing", "%s needs testing", name)
		}
	}
}

func TestNoBinaryContainsTestingOrThePageMaker(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if p.Name != "main" {
			continue
		}
		assert.Assert(t, !slices.Contains(p.Deps, "testing"), "%s contains testing", p.ImportPath)
		if strings.HasSuffix(p.ImportPath, "/genman") {
			continue
		}
		for _, dep := range p.Deps {
			assert.Assert(t, dep != "github.com/spf13/cobra/doc", "%s contains %s", p.ImportPath, dep)
		}
	}
}

func TestSomeLibrariesHaveOneImporter(t *testing.T) {
	sole := map[string]string{
		"github.com/brianvoe/gofakeit":          "mocksender/payload",
		"github.com/santhosh-tekuri/jsonschema": "schemas",
		"software.sslmate.com/src/go-pkcs12":    "mocksender/intercept",
	}
	met := map[string]bool{}
	for _, p := range goList(t, "./...") {
		for _, imported := range p.Imports {
			for library, importer := range sole {
				if strings.HasPrefix(imported, library) {
					met[library] = true
					assert.Equal(t, p.ImportPath, module+"/"+importer, "%s imports %s", p.ImportPath, imported)
				}
			}
		}
	}
	assert.Equal(t, len(met), len(sole), "a library has no importer left: %v", met)
}

func TestAssertionsStayInTests(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, imported := range p.Imports {
			assert.Assert(t, !strings.HasPrefix(imported, "gotest.tools/"), "%s imports %s outside of tests", p.ImportPath, imported)
		}
	}
}

func TestTopLevelHoldsNoHelpers(t *testing.T) {
	rooms := []string{"cmd", "mocksender", "schemas", "scenarios", "conformance", "fixtures"}
	for _, p := range goList(t, "./...") {
		name, _ := own(p.ImportPath)
		room, _, _ := strings.Cut(name, "/")
		assert.Assert(t, slices.Contains(rooms, room), "%s is in no room", p.ImportPath)
	}
}
