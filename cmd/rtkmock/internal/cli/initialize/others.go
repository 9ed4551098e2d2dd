package initialize

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	pythonRoute  = regexp.MustCompile(`@\w+\.(?:post|route|api_route)\(\s*["']([^"']+)["']`)
	pythonPrefix = regexp.MustCompile(`(?:APIRouter|Blueprint)\([^)]*?(?:url_)?prefix\s*=\s*["']([^"']*)["']`)
	djangoRoute  = regexp.MustCompile(`\bpath\(\s*["']([^"']+)["']`)
	pythonApp    = regexp.MustCompile(`(?m)^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:fastapi\.|flask\.)?(?:FastAPI|Flask)\(`)
)

func lookPython(f *folder) *project {
	file, ok := f.has("manage.py", "pyproject.toml", "requirements.txt", "Pipfile", "setup.py")
	if !ok {
		return nil
	}
	wants := strings.ToLower(f.read("pyproject.toml") + f.read("requirements.txt") + f.read("Pipfile") + f.read("setup.py"))
	python, runner := "python3", ""
	if runtime.GOOS == "windows" {
		python = "python"
	}
	p := &project{Kind: "Python", Setup: &action{Uses: "actions/setup-python@v6", With: []setting{{"python-version", "3.13"}}}}
	switch {
	case f.names["uv.lock"]:
		runner, p.Install = "uv run ", []string{"pip install uv", "uv sync"}
	case f.names["poetry.lock"]:
		runner, p.Install = "poetry run ", []string{"pip install poetry", "poetry install"}
	case f.names["requirements.txt"]:
		p.Install = []string{"pip install -r requirements.txt"}
	case f.names["pyproject.toml"]:
		p.Install = []string{"pip install ."}
	}
	run := runner + python
	app, at, line := f.find(pythonApp, nil)
	module := strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(at, ".py"), "/__init__"), "/", ".")
	route, routeAt := "", ""
	port := ""
	switch {
	case f.names["manage.py"]:
		p.Kind, file, p.Command = "Django", "manage.py", run+" manage.py runserver {port} --noreload"
		route, routeAt = f.findRoute(djangoRoute)
	case strings.Contains(wants, "fastapi") && line > 0:
		p.Kind, p.Command = "FastAPI", run+" -m uvicorn "+module+":"+app+" --port {port}"
	case strings.Contains(wants, "flask") && line > 0:
		p.Kind, p.Command = "Flask", run+" -m flask --app "+module+":"+app+" run --port {port}"
	default:
		name, _ := f.has("app.py", "main.py", "server.py", "src/app.py", "src/main.py")
		if name != "" {
			p.Command = run + " " + name
		}
		if f.readsPort() {
			p.PortEnv = "PORT"
		} else {
			port = "8000"
		}
	}
	p.note("%s: %s", file, p.started())
	p.setKey(f)
	if route == "" {
		if route, routeAt = f.findRoute(pythonRoute); route != "" {
			name, _, _ := strings.Cut(routeAt, ":")
			route = path.Join("/", firstOf(pythonPrefix, f.read(name)), route) + trailing(route)
		}
	}
	p.setURL(port, route, routeAt)
	return p
}

// trailing is the slash at the end of a route: Django and Flask tell it apart.
func trailing(route string) string {
	if len(route) > 1 && strings.HasSuffix(route, "/") {
		return "/"
	}
	return ""
}

// started says what a project is and how it is started.
func (p *project) started() string {
	if p.Command == "" {
		return p.Kind + ", without a command that starts it"
	}
	return p.Kind + ", started by " + strconv.Quote(p.Command)
}

var (
	goRoute = regexp.MustCompile(`\.(?:HandleFunc|Handle|Post|POST|Any|All)\(\s*["` + "`" + `](?:POST )?(/[^"` + "`" + `]*)["` + "`" + `]`)
	goMain  = regexp.MustCompile(`(?m)^package main\b[\s\S]*^func main\(`)
	goPort  = regexp.MustCompile(`["` + "`" + `](?:localhost|127\.0\.0\.1|0\.0\.0\.0)?:(\d{2,5})["` + "`" + `]`)
)

func lookGo(f *folder) *project {
	if _, ok := f.has("go.mod"); !ok {
		return nil
	}
	p := &project{Kind: "Go", Setup: &action{Uses: "actions/setup-go@v6", With: []setting{{"go-version-file", "go.mod"}}}}
	var mains []string
	for _, s := range f.sources {
		if strings.HasSuffix(s.path, ".go") && goMain.MatchString(s.text) {
			mains = append(mains, path.Dir(s.path))
		}
	}
	// The likeliest file is the first; what is called a server comes before what is not.
	slices.SortStableFunc(mains, func(a, b string) int { return serves(b) - serves(a) })
	if len(mains) > 0 {
		p.Command = "go run ./" + strings.TrimPrefix(mains[0], ".")
		p.Command = strings.TrimSuffix(p.Command, "/")
	}
	port := ""
	if f.readsPort() {
		p.PortEnv = "PORT"
	} else if port, _, _ = f.find(goPort, nil); port == "" {
		port = "8080"
	}
	p.note("go.mod: %s", p.started())
	p.setKey(f)
	route, at := f.findRoute(goRoute)
	p.setURL(port, route, at)
	return p
}

func serves(dir string) int {
	if regexp.MustCompile(`server|web|api|http|hook`).MatchString(path.Base(dir)) {
		return 1
	}
	return 0
}

var phpRoute = regexp.MustCompile(`(?:Route::(?:post|any)|->(?:post|map|any))\(\s*["']([^"']+)["']|#\[Route\(\s*(?:path:\s*)?["']([^"']+)["']`)

func lookPHP(f *folder) *project {
	if _, ok := f.has("composer.json"); !ok {
		return nil
	}
	p := &project{Kind: "PHP", Install: []string{"composer install --no-interaction"}}
	public := "."
	if _, ok := f.has("public/index.php"); ok || slices.ContainsFunc(f.sources, func(s source) bool { return strings.HasPrefix(s.path, "public/") }) {
		public = "public"
	}
	p.Command = "php -S localhost:{port} -t " + public
	if _, ok := f.has("artisan"); ok {
		p.Kind, p.Command = "Laravel", "php artisan serve --port={port}"
	}
	p.note("composer.json: %s", p.started())
	p.setKey(f)
	route, at := f.findRoute(phpRoute)
	if strings.HasPrefix(at, "routes/api.php") {
		route = path.Join("/api", route)
	}
	if route == "" && len(f.sources) > 0 {
		if s := f.sources[0]; s.likelihood() > 1 && (public == "." || strings.HasPrefix(s.path, public+"/")) {
			route, at = "/"+strings.TrimPrefix(strings.TrimPrefix(s.path, public+"/"), "/"), s.path
		}
	}
	p.setURL("", route, at)
	return p
}

// lookCompose knows a receiver that only runs in a container.
func lookCompose(f *folder) *project {
	file, ok := f.has("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
	if !ok {
		return nil
	}
	var doc struct {
		Services map[string]struct {
			Build yaml.Node   `yaml:"build"`
			Ports []yaml.Node `yaml:"ports"`
		} `yaml:"services"`
	}
	if yaml.Unmarshal([]byte(f.read(file)), &doc) != nil || len(doc.Services) == 0 {
		return nil
	}
	p := &project{Kind: "a container"}
	port := ""
	for _, name := range slices.Sorted(maps.Keys(doc.Services)) {
		s := doc.Services[name]
		published := ""
		if len(s.Ports) > 0 {
			published = publishedPort(s.Ports[0])
		}
		// The one that is built here, rather than a database beside it.
		if p.Service == "" || s.Build.Kind != 0 && published != "" && port == "" {
			p.Service = name
			if s.Build.Kind != 0 {
				port = published
			} else {
				port = ""
			}
		}
	}
	p.note("%s: the service %s", file, p.Service)
	p.setKey(f)
	route, at := f.findRoute(regexp.MustCompile(nodeRoute.String() + "|" + pythonRoute.String() + "|" + goRoute.String()))
	p.setURL(cmp.Or(port, "3000"), route, at)
	return p
}

// publishedPort is the port of this machine in "3000:3000", "127.0.0.1:3000:80" or
// {published: 3000}.
func publishedPort(n yaml.Node) string {
	text := n.Value
	if n.Kind == yaml.MappingNode {
		var long struct{ Published string }
		_ = n.Decode(&long)
		text = long.Published + ":"
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 {
		return ""
	}
	port := parts[len(parts)-2]
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return ""
	}
	return port
}
