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
		"mocksender/rtk":                  0,
		"mocksender/redact":               0,
		"mocksender/internal/header":      0,
		"mocksender/internal/memnet":      0,
		"mocksender/intercept/supervisor": 0,
		"schemas/suggest":                 0,
		"fixtures":                        0,
		"fixtures/recipes/go":             0,

		"schemas":              1,
		"mocksender/mutation":  1,
		"mocksender/payload":   1,
		"mocksender/wellknown": 1,
		"mocksender/artifacts": 1,
		"conformance/effects":  1,
		"mocksender/intercept": 1,

		"mocksender":          2,
		"mocksender/platform": 2,

		"mocksender/ledger":        3,
		"mocksender/recording":     3,
		"mocksender/diagnose":      3,
		"mocksender/service/store": 3,
		"mocksender/service/rest":  3,
		"conformance/exchange":     3,

		"conformance":                 4,
		"conformance/receivers":       4,
		"scenarios":                   4,
		"mocksender/corpus":           4,
		"mocksender/service/dispatch": 4,

		"conformance/checks":      5,
		"conformance/report":      5,
		"mocksender/service":      5,
		"mocksender/service/page": 5,

		"mocksender/service/metrics":   6,
		"conformance/report/plaintext": 6,
		"conformance/report/html":      6,
		"conformance/selftest":         6,
		"mocksender/mocksendertest":    6,

		"conformance/report/formats":  7,
		"conformance/conformancetest": 7,

		"cmd/rtkmock/internal/exit":           8,
		"cmd/rtkmock/internal/wording":        8,
		"cmd/rtkmock/internal/files":          8,
		"cmd/rtkmock/internal/stack":          8,
		"cmd/rtkmock/internal/process":        8,
		"cmd/rtkmock/internal/localca":        9,
		"cmd/rtkmock/internal/terminal":       9,
		"cmd/rtkmock/internal/flags":          10,
		"cmd/rtkmock/internal/app":            10,
		"cmd/rtkmock/internal/command":        11,
		"cmd/rtkmock/internal/target":         11,
		"cmd/rtkmock/internal/config":         12,
		"cmd/rtkmock/internal/server":         12,
		"cmd/rtkmock/internal/delivery":       13,
		"cmd/rtkmock/internal/interception":   13,
		"cmd/rtkmock/internal/reports":        13,
		"cmd/rtkmock/internal/script":         14,
		"cmd/rtkmock/internal/cli/checks":     15,
		"cmd/rtkmock/internal/cli/completion": 15,
		"cmd/rtkmock/internal/cli/fixtures":   15,
		"cmd/rtkmock/internal/cli/help":       15,
		"cmd/rtkmock/internal/cli/intercept":  15,
		"cmd/rtkmock/internal/cli/key":        15,
		"cmd/rtkmock/internal/cli/meeting":    15,
		"cmd/rtkmock/internal/cli/play":       15,
		"cmd/rtkmock/internal/cli/receive":    15,
		"cmd/rtkmock/internal/cli/replay":     15,
		"cmd/rtkmock/internal/cli/report":     15,
		"cmd/rtkmock/internal/cli/scenarios":  15,
		"cmd/rtkmock/internal/cli/schemas":    15,
		"cmd/rtkmock/internal/cli/selftest":   15,
		"cmd/rtkmock/internal/cli/send":       15,
		"cmd/rtkmock/internal/cli/serve":      15,
		"cmd/rtkmock/internal/cli/sign":       15,
		"cmd/rtkmock/internal/cli/test":       15,
		"cmd/rtkmock/internal/cli/verify":     15,
		"cmd/rtkmock/internal/cli/version":    15,
		"cmd/rtkmock/internal/cli":            16,
		"cmd/rtkmock/npm":                     17,
		"cmd/rtkmock/internal/genshare":       17,
		"cmd/rtkmock":                         17,
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

// listed are the answers of goList, which takes half a second, by its arguments.
var listed = map[string][]gopkg{}

// goList returns packages of this module, or with -deps all they need.
func goList(t *testing.T, args ...string) []gopkg {
	t.Helper()
	question := strings.Join(args, " ")
	if pkgs, ok := listed[question]; ok {
		return pkgs
	}
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
			listed[question] = pkgs
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
	for _, name := range []string{"mocksender/rtk", "mocksender/redact", "mocksender/internal/memnet", "mocksender/intercept/supervisor", "schemas/suggest", "fixtures"} {
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
		if strings.HasSuffix(p.ImportPath, "/genshare") {
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
		"github.com/andybalholm/brotli":         "mocksender/diagnose",
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

func TestSomeLibrariesStayInTests(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, imported := range p.Imports {
			for _, library := range []string{"gotest.tools/", "github.com/prometheus/", "github.com/chromedp/"} {
				assert.Assert(t, !strings.HasPrefix(imported, library), "%s imports %s outside of tests", p.ImportPath, imported)
			}
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
