package stack

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Stack is a framework, a platform or a language that receivers are built with.
type Stack struct {
	ID   string // as the recipes call it: "flask"
	Name string // as people call it: "Flask"
	By   string // what it was recognised by: "requirements.txt"
}

// names of all stacks, by id.
func names() map[string]string {
	return map[string]string{
		"express": "Express", "fastify": "Fastify", "hono": "Hono", "nest": "Nest", "next": "Next.js", "node": "Node",
		"workers": "Workers", "django": "Django", "fastapi": "FastAPI", "flask": "Flask", "python": "Python", "go": "Go", "php": "PHP",
	}
}

// IDs returns the ids of all stacks, sorted.
func IDs() []string {
	var ids []string
	for id := range names() {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Detect recognises the stack of a receiver. command is what starts it, nil if that is
// not known. dir is the working folder, and header that of one of its answers. What the
// command names outweighs the answer, and that the files of the folder: they may belong
// to something else. ok is false if nothing is recognised.
func Detect(command []string, dir fs.FS, header http.Header) (s Stack, ok bool) {
	id, by := byCommand(command), "its command"
	if id == "" || id == "python" || id == "node" {
		more, where := byFiles(dir, family(command, header))
		if answered := byHeader(header); answered != "" && !refines(more, answered) {
			more, where = answered, "its answers"
		}
		if more != "" && refines(more, id) {
			id, by = more, where
		}
	}
	return Stack{id, names()[id], by}, id != ""
}

// refines reports whether the stack more says the same as less, and more exactly.
func refines(more, less string) bool {
	node := []string{"express", "fastify", "hono", "nest", "next", "workers", "node"}
	switch less {
	case "":
		return true
	case "node":
		return slices.Contains(node, more)
	case "express": // Nest and others answer as Express does
		return more == "nest" || more == "next" || more == "express"
	case "python", "fastapi": // uvicorn serves all of these
		return slices.Contains([]string{"django", "fastapi", "flask", "python"}, more)
	default:
		return more == less
	}
}

// byCommand recognises the programs in a command, also in one that a shell reads.
func byCommand(words []string) string {
	text := strings.Join(words, " ")
	for _, p := range []struct{ pattern, id string }{
		{`\bwrangler2? (pages )?dev\b`, "workers"},
		{`\bnext (dev|start)\b`, "next"},
		{`\bnest start\b`, "nest"},
		{`\bmanage\.py\b|\bdjango-admin\b`, "django"},
		{`\bflask\b.* run\b`, "flask"},
		{`\bfastapi (dev|run)\b`, "fastapi"},
		{`\bphp[0-9.]* `, "php"},
		{`\bgo run\b`, "go"},
		{`\b(python[0-9.]*|gunicorn|uvicorn|hypercorn|uv run|poetry run)\b`, "python"},
		{`\b(node|nodejs|npm|npx|pnpm|yarn|bun|tsx)\b`, "node"},
	} {
		if regexp.MustCompile(p.pattern).MatchString(text) {
			return p.id
		}
	}
	return ""
}

// byHeader recognises the server that has answered.
func byHeader(h http.Header) string {
	by, server := h.Get("X-Powered-By"), h.Get("Server")
	switch {
	case strings.HasPrefix(by, "Express"):
		return "express"
	case strings.HasPrefix(by, "Next.js"):
		return "next"
	case strings.HasPrefix(by, "PHP/"):
		return "php"
	case strings.HasPrefix(server, "Werkzeug/"):
		return "flask"
	case strings.HasPrefix(server, "WSGIServer/"):
		return "django"
	case strings.HasPrefix(server, "uvicorn"):
		return "fastapi"
	case strings.HasPrefix(server, "gunicorn"), strings.HasPrefix(server, "BaseHTTP/"):
		return "python"
	}
	return ""
}

// family is the language that the command or an answer shows, as a stack; empty: none.
func family(command []string, h http.Header) string {
	id := byCommand(command)
	if id == "" {
		id = byHeader(h)
	}
	switch {
	case refines(id, "node") && id != "":
		return "node"
	case refines(id, "python") && id != "":
		return "python"
	}
	return id
}

// byFiles recognises what the folder holds, and returns the file that shows it. Of
// several languages, only family is looked for, if it is not empty.
func byFiles(dir fs.FS, family string) (id, by string) {
	for _, f := range []struct {
		name, family string
		read         func(text string) string
	}{
		{"wrangler.toml", "node", always("workers")},
		{"wrangler.json", "node", always("workers")},
		{"wrangler.jsonc", "node", always("workers")},
		{"package.json", "node", ofPackage},
		{"manage.py", "python", always("django")},
		{"requirements.txt", "python", ofPython},
		{"pyproject.toml", "python", ofPython},
		{"Pipfile", "python", ofPython},
		{"go.mod", "go", always("go")},
		{"composer.json", "php", always("php")},
	} {
		if family != "" && f.family != family {
			continue
		}
		text, err := head(dir, f.name)
		if err != nil {
			continue
		}
		if id := f.read(text); id != "" {
			return id, f.name
		}
	}
	return "", ""
}

// IsCommonJS reports whether a project for Node in dir, which command starts, consists of
// CommonJS modules: its package.json does not say otherwise, and neither TypeScript nor a
// file .mjs shows.
func IsCommonJS(command []string, dir fs.FS) bool {
	var p struct {
		Type, Main string
		Scripts    map[string]string
	}
	text, err := head(dir, "package.json")
	if err != nil || json.Unmarshal([]byte(text), &p) != nil || p.Type == "module" {
		return false
	}
	started := strings.Join(command, " ") + " " + p.Main + " " + p.Scripts["start"] + " " + p.Scripts["dev"]
	if regexp.MustCompile(`\.(mjs|mts|ts|tsx)\b`).MatchString(started) {
		return false
	}
	others, err := fs.Glob(dir, "*.mjs")
	_, typed := fs.Stat(dir, "tsconfig.json")
	return err == nil && len(others) == 0 && errors.Is(typed, fs.ErrNotExist)
}

func always(id string) func(string) string { return func(string) string { return id } }

// headLimit bounds what is read of a file. The folder may be any.
const headLimit = 1 << 20

func head(dir fs.FS, name string) (string, error) {
	f, err := dir.Open(path.Clean(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, headLimit))
	return string(text), err
}

// ofPackage recognises what a package.json depends on. Frameworks that are built on
// others come first.
func ofPackage(text string) string {
	var p struct {
		Dependencies    map[string]any
		DevDependencies map[string]any
	}
	if json.Unmarshal([]byte(text), &p) != nil {
		return ""
	}
	for _, d := range []struct{ dependency, id string }{
		{"next", "next"}, {"@nestjs/core", "nest"}, {"fastify", "fastify"}, {"express", "express"}, {"hono", "hono"}, {"wrangler", "workers"},
	} {
		if p.Dependencies[d.dependency] != nil || p.DevDependencies[d.dependency] != nil {
			return d.id
		}
	}
	return "node"
}

// ofPython recognises what a file of requirements names.
func ofPython(text string) string {
	for _, id := range []string{"django", "fastapi", "flask"} {
		if regexp.MustCompile(`(?im)(^|["'])\s*` + id + `\s*($|["'\[<>=~!;#@, ])`).MatchString(text) {
			return id
		}
	}
	return "python"
}
