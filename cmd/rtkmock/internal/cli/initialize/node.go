package initialize

import (
	"cmp"
	"encoding/json"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/stack"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
)

// manifest is what package.json says of how a project is run.
type manifest struct {
	Main    string            `json:"main"`
	Scripts map[string]string `json:"scripts"`

	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
}

// local returns the dependencies that are paths, sorted by name.
func (m manifest) local() (all []local) {
	for _, group := range []map[string]string{m.Dependencies, m.DevDependencies, m.OptionalDependencies} {
		for name, at := range group {
			at, isFile := strings.CutPrefix(at, "file:")
			at = filepath.ToSlash(at)
			if isFile || strings.HasPrefix(at, "../") || strings.HasPrefix(at, "/") || strings.HasPrefix(at, "~/") {
				all = append(all, local{name, at})
			}
		}
	}
	slices.SortFunc(all, func(a, b local) int { return strings.Compare(a.name, b.name) })
	return all
}

func (f *folder) manifest() (m manifest, ok bool) {
	if _, ok := f.has("package.json"); !ok {
		return m, false
	}
	_ = json.Unmarshal([]byte(f.read("package.json")), &m) // a damaged one says nothing
	return m, true
}

// manager is a package manager, as its lock file shows it.
type manager struct{ name, run, exec, install, cache string }

func (f *folder) manager() manager {
	for _, m := range []struct {
		lock string
		manager
	}{
		{"pnpm-lock.yaml", manager{"pnpm", "pnpm", "pnpm exec", "corepack enable && pnpm install --frozen-lockfile", ""}},
		{"yarn.lock", manager{"yarn", "yarn", "yarn", "corepack enable && yarn install", ""}},
		{"bun.lock", manager{"bun", "bun run", "bunx", "npx bun install --frozen-lockfile", ""}},
		{"package-lock.json", manager{"npm", "npm", "npx", "npm ci", "npm"}},
	} {
		if f.names[m.lock] {
			return m.manager
		}
	}
	return manager{"npm", "npm", "npx", "npm install", ""}
}

// script is the line that runs a script of package.json.
func (m manager) script(name string) string {
	if name == "start" || m.name != "npm" {
		return m.run + " " + name
	}
	return "npm run " + name
}

func setupNode(m manager) *action {
	a := &action{Uses: "actions/setup-node@v6", With: []setting{{"node-version", "24"}}}
	if m.cache != "" {
		a.With = append(a.With, setting{"cache", m.cache})
	}
	return a
}

const worker = "a Worker"

// lookWorker knows a Worker, which "wrangler dev" runs.
func lookWorker(f *folder) *project {
	file, ok := f.has("wrangler.jsonc", "wrangler.json", "wrangler.toml")
	if !ok {
		return nil
	}
	p := &project{Kind: worker}
	pm := f.manager()
	p.note("%s: a Worker, run by wrangler dev", file)
	p.setKey(f)
	// A Worker does not see the variables of its process.
	name := cmp.Or(p.KeyPEM, p.KeyEnv, target.KeyVariable)
	p.Command = `sh -c '` + pm.exec + ` wrangler dev --port {port} --var "` + name + `:$` + name + `" --var EFFECTS:1'`
	route, at := f.findRoute(nodeRoute)
	p.setURL("", route, at)
	if m, ok := f.manifest(); ok {
		p.Setup, p.Install, p.Local = setupNode(pm), []string{pm.install}, m.local()
	} else {
		p.Setup = setupNode(manager{})
	}
	return p
}

// Routes: app.post("/x", …), router.route("/x"), @Post("x"), pathname === "/x".
var nodeRoute = regexp.MustCompile(`(?:\.(?:post|all|route)\(\s*|\b(?:pathname|path|url)\s*[!=]==?\s*|\bcase\s+|\bpath:\s*|\burl:\s*)["'` + "`" + `](/[^"'` + "`" + `]*)["'` + "`" + `]`)

var (
	nestController = regexp.MustCompile(`@Controller\(\s*["'` + "`" + `]([^"'` + "`" + `]*)["'` + "`" + `]\s*\)`)
	nestPost       = regexp.MustCompile(`@Post\(\s*(?:["'` + "`" + `]([^"'` + "`" + `]*)["'` + "`" + `])?\s*\)`)
	nextRoute      = regexp.MustCompile(`^(?:src/)?(?:app/(.*)/route|pages/(api/.*?)(?:/index)?)\.(?:js|ts|mjs|tsx)$`)
	nextGroup      = regexp.MustCompile(`/?\([^)]*\)`)
	scriptPort     = regexp.MustCompile(`(?:-p|--port)[ =](\d{2,5})\b|\bPORT=(\d{2,5})\b`)
	listenPort     = regexp.MustCompile(`\.listen\(\s*(?:\{[^}]*?\bport:\s*)?(\d{2,5})\b|(?i:\bport\s*[:=]\s*)(\d{2,5})\b|\bserve\(\s*\{[^}]*?\bport:\s*(\d{2,5})\b`)
)

// Frameworks that find routes in their own way, as package stack calls them.
const (
	next = "Next.js"
	nest = "Nest"
)

func lookNode(f *folder) *project {
	m, ok := f.manifest()
	if !ok {
		return nil
	}
	s, _ := stack.Detect([]string{"node"}, f.FS, nil)
	p := &project{Kind: s.Name}
	pm := f.manager()
	p.Setup, p.Install, p.Local = setupNode(pm), []string{pm.install}, m.local()
	script := p.setNodeCommand(f, m, pm)
	port := firstGroup(scriptPort, script)
	switch {
	case port != "": // it stands in the script, and outweighs a variable
	case p.Kind == next || f.readsPort():
		p.PortEnv = "PORT"
	default:
		for _, s := range f.sources {
			if port = firstGroup(listenPort, s.text); port != "" {
				break
			}
		}
		port = cmp.Or(port, "3000")
	}
	p.setKey(f)
	route, at := f.nodeRoute(p.Kind)
	p.setURL(port, route, at)
	return p
}

// setNodeCommand finds what starts the receiver, and returns the script behind it.
func (p *project) setNodeCommand(f *folder, m manifest, pm manager) (script string) {
	for _, name := range []string{"start", "dev", "serve"} {
		if script = m.Scripts[name]; script == "" {
			continue
		}
		p.Command = pm.script(name)
		p.note("package.json: %s, started by %q", p.Kind, p.Command)
		needsBuild := name == "start" && (strings.Contains(script, "next start") || regexp.MustCompile(`\b(dist|build|out)/`).MatchString(script))
		if needsBuild && m.Scripts["build"] != "" {
			p.Build = []string{pm.script("build")}
		}
		return script
	}
	file, ok := f.has(strings.TrimPrefix(m.Main, "./"), "server.js", "app.js", "index.js", "server.mjs", "app.mjs", "index.mjs", "src/server.js", "src/app.js", "src/index.js")
	if !ok {
		p.note("package.json: %s, without a script that starts it", p.Kind)
		return ""
	}
	p.Command = "node " + file
	p.note("package.json: %s, started by %q", p.Kind, p.Command)
	return ""
}

func (f *folder) nodeRoute(kind string) (route, at string) {
	switch kind {
	case next:
		for _, s := range f.sources {
			if m := nextRoute.FindStringSubmatch(s.path); m != nil && s.likelihood() > 0 {
				return "/" + strings.TrimPrefix(nextGroup.ReplaceAllString(cmp.Or(m[1], m[2]), ""), "/"), s.path
			}
		}
	case nest:
		for _, s := range f.sources {
			post := nestPost.FindStringSubmatch(s.text)
			if s.likelihood() > 0 && strings.Contains(s.text, "@Controller(") && post != nil {
				return path.Join("/", firstOf(nestController, s.text), post[1]), s.path
			}
		}
	}
	return f.findRoute(nodeRoute)
}

// firstGroup returns the first group of a match that holds something.
func firstGroup(pattern *regexp.Regexp, text string) string {
	m := pattern.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return cmp.Or(m[1:]...)
}
