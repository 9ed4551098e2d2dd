package initialize

import (
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"
)

// tree makes a folder of texts by path.
func tree(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func lookInto(t testing.TB, files map[string]string) *project {
	t.Helper()
	f, err := readFolder(tree(files))
	assert.NilError(t, err)
	return look(f)
}

const verifies = "// verifies rtk-signature\n"

// projects are folders and what is found in them.
var projects = []struct {
	reason string
	files  map[string]string
	want   project
}{
	{
		"Express with a port and a key from variables",
		map[string]string{
			"package.json":      `{"scripts":{"start":"node src/server.js","dev":"nodemon"},"dependencies":{"express":"^5"}}`,
			"package-lock.json": "{}",
			"src/server.js":     `app.listen(process.env.PORT ?? 3000)`,
			"src/hooks.js":      verifies + `router.get("/health", x); router.post("/hooks/rtk", raw, handle); const url = process.env.RTK_KEY_URL`,
		},
		project{Kind: "Express", URL: "http://localhost:{port}/hooks/rtk", RouteAt: "src/hooks.js:2", Command: "npm start", PortEnv: "PORT", KeyEnv: "RTK_KEY_URL", Install: []string{"npm ci"}},
	},
	{
		"a fixed port, a hard-coded key, no start script",
		map[string]string{
			"package.json": `{"main":"./index.js","dependencies":{"express":"^4"}}`,
			"index.js":     `const KEY = "https://api.realtime.cloudflare.com/.well-known/webhooks.json"; app.post('/webhook', f); app.listen(4000)`,
		},
		project{Kind: "Express", URL: "http://localhost:4000/webhook", RouteAt: "index.js:1", Command: "node index.js", Fixed: true, Install: []string{"npm install"}},
	},
	{
		"a port in the script outweighs PORT, and pnpm",
		map[string]string{
			"package.json":   `{"scripts":{"start":"next start -p 4100","build":"next build"},"dependencies":{"next":"16","express":"5"}}`,
			"pnpm-lock.yaml": "", "src/app/(hooks)/api/realtimekit/route.ts": verifies,
		},
		project{Kind: "Next.js", URL: "http://localhost:4100/api/realtimekit", RouteAt: "src/app/(hooks)/api/realtimekit/route.ts", Command: "pnpm start", Build: []string{"pnpm build"}, Install: []string{"corepack enable && pnpm install --frozen-lockfile"}},
	},
	{
		"Next with the pages router, on PORT",
		map[string]string{"package.json": `{"scripts":{"dev":"next dev"},"dependencies":{"next":"16"}}`, "pages/api/webhooks/index.js": verifies},
		project{Kind: "Next.js", URL: "http://localhost:{port}/api/webhooks", RouteAt: "pages/api/webhooks/index.js", Command: "npm run dev", PortEnv: "PORT", Install: []string{"npm install"}},
	},
	{
		"Nest, whose route is in two decorators",
		map[string]string{
			"package.json":              `{"scripts":{"start":"nest start","build":"nest build"},"dependencies":{"@nestjs/core":"11"}}`,
			"src/main.ts":               `await app.listen(process.env.PORT ?? 3000);`,
			"src/rtk/rtk.controller.ts": "@Controller('webhooks')\nexport class C { @Post('realtimekit') take(@Headers('rtk-signature') s) {} }",
		},
		project{Kind: "Nest", URL: "http://localhost:{port}/webhooks/realtimekit", RouteAt: "src/rtk/rtk.controller.ts", Command: "npm start", PortEnv: "PORT", Install: []string{"npm install"}},
	},
	{
		"plain Node, which compares paths",
		map[string]string{
			"package.json": `{"scripts":{"start":"node server.js"}}`,
			"server.js":    verifies + `if (req.method !== "POST" || path !== "/hooks/rtk") return; createServer(f).listen(process.env["PORT"])`,
		},
		project{Kind: "Node", URL: "http://localhost:{port}/hooks/rtk", RouteAt: "server.js:2", Command: "npm start", PortEnv: "PORT", Install: []string{"npm install"}},
	},
	{
		"a route in a table of one's own",
		map[string]string{"package.json": `{"scripts":{"start":"node ."}}`, "a.js": verifies + `const routes = { "/rtk-events": take }; fetch("https://x/.well-known/webhooks.json")`},
		project{Kind: "Node", URL: "http://localhost:3000/rtk-events", RouteAt: "a.js:2", Command: "npm start", Install: []string{"npm install"}},
	},
	{
		"a Worker, before package.json",
		map[string]string{
			"package.json": `{"scripts":{"start":"wrangler dev"}}`, "wrangler.jsonc": "{}", "package-lock.json": "",
			"src/index.ts": verifies + `if (url.pathname === "/rtk") verify(env.KEY_URL)`,
		},
		project{Kind: "a Worker", URL: "http://localhost:{port}/rtk", RouteAt: "src/index.ts:2", Command: `sh -c 'npx wrangler dev --port {port} --var "KEY_URL:$KEY_URL" --var EFFECTS:1'`, KeyEnv: "KEY_URL", Install: []string{"npm ci"}},
	},
	{
		"FastAPI with a prefix",
		map[string]string{
			"requirements.txt": "fastapi==0.115\nuvicorn\n", "app/main.py": "app = FastAPI()\n",
			"app/hooks.py": "router = APIRouter(prefix='/api')\n@router.post('/webhook')\ndef take(): request.headers['rtk-signature']; os.environ['RTK_PUBLIC_KEY']",
		},
		project{Kind: "FastAPI", URL: "http://localhost:{port}/api/webhook", RouteAt: "app/hooks.py:2", Command: "python3 -m uvicorn app.main:app --port {port}", KeyPEM: "RTK_PUBLIC_KEY", Install: []string{"pip install -r requirements.txt"}},
	},
	{
		"Flask under uv, with the slash at the end",
		map[string]string{"pyproject.toml": "dependencies = ['Flask']", "uv.lock": "", "web.py": "import flask\nsite = flask.Flask(__name__)\n@site.route('/hook/', methods=['POST'])\ndef f(): pass"},
		project{Kind: "Flask", URL: "http://localhost:{port}/hook/", RouteAt: "web.py:3", Command: "uv run python3 -m flask --app web:site run --port {port}", Install: []string{"pip install uv", "uv sync"}},
	},
	{
		"Django, whose routes begin without a slash",
		map[string]string{"manage.py": "", "requirements.txt": "django", "site/urls.py": "path('admin/', x), path('webhooks/rtk/', take)"},
		project{Kind: "Django", URL: "http://localhost:{port}/webhooks/rtk/", RouteAt: "site/urls.py:1", Command: "python3 manage.py runserver {port} --noreload", Install: []string{"pip install -r requirements.txt"}},
	},
	{
		"Go, the server among two programs",
		map[string]string{
			"go.mod": "module x", "cmd/admin/main.go": "package main\nfunc main() {}",
			"cmd/server/main.go": "package main\nfunc main() { http.ListenAndServe(\":8081\", nil) }",
			"hook/hook.go":       "package hook\n" + verifies + `mux.HandleFunc("POST /webhook", f); os.Getenv("WEBHOOK_KEY_URL")`,
			"hook/hook_test.go":  `mux.HandleFunc("POST /test-webhook", f)`,
		},
		project{Kind: "Go", URL: "http://localhost:8081/webhook", RouteAt: "hook/hook.go:3", Command: "go run ./cmd/server", KeyEnv: "WEBHOOK_KEY_URL"},
	},
	{
		"Go in the folder itself",
		map[string]string{"go.mod": "module x", "main.go": "package main\n\nfunc main() { os.Getenv(\"PORT\") }"},
		project{Kind: "Go", URL: "http://localhost:{port}/webhook", Command: "go run .", PortEnv: "PORT"},
	},
	{
		"plain PHP: the file is the route",
		map[string]string{"composer.json": "{}", "public/index.php": "<?php", "public/webhook.php": "<?php $_SERVER['HTTP_RTK_SIGNATURE'];"},
		project{Kind: "PHP", URL: "http://localhost:{port}/webhook.php", RouteAt: "public/webhook.php", Command: "php -S localhost:{port} -t public", Install: []string{"composer install --no-interaction"}},
	},
	{
		"Laravel",
		map[string]string{"composer.json": "{}", "artisan": "", "routes/api.php": "Route::post('/webhooks/rtk', [C::class, 'take']);"},
		project{Kind: "Laravel", URL: "http://localhost:{port}/api/webhooks/rtk", RouteAt: "routes/api.php:1", Command: "php artisan serve --port={port}", Install: []string{"composer install --no-interaction"}},
	},
	{
		"only containers: the one that is built here",
		map[string]string{"compose.yaml": "services:\n  api:\n    build: .\n    ports: ['127.0.0.1:8088:80']\n  db:\n    image: postgres\n    ports: ['5432:5432']\n"},
		project{Kind: "a container", URL: "http://localhost:8088/webhook", Service: "api"},
	},
	{
		"a Worker with the key itself",
		map[string]string{"wrangler.toml": "", "src/index.ts": verifies + `if (url.pathname === "/rtk") verify(env.RTK_PUBLIC_KEY)`},
		project{Kind: "a Worker", URL: "http://localhost:{port}/rtk", RouteAt: "src/index.ts:2", Command: `sh -c 'npx wrangler dev --port {port} --var "RTK_PUBLIC_KEY:$RTK_PUBLIC_KEY" --var EFFECTS:1'`, KeyPEM: "RTK_PUBLIC_KEY"},
	},
	{
		"a container with the key itself",
		map[string]string{"compose.yaml": "services:\n  api: {build: ., ports: ['8088:80']}\n", "app/hook.py": verifies + "@app.post('/rtk')\nos.environ['RTK_KEY_PEM']"},
		project{Kind: "a container", URL: "http://localhost:8088/rtk", RouteAt: "app/hook.py:2", Service: "api", KeyPEM: "RTK_KEY_PEM"},
	},
	{
		"the long form of a port",
		map[string]string{"docker-compose.yml": "services:\n  db: {image: x, ports: [{target: 1, published: '1'}]}\n  web: {build: ., ports: [{target: 80, published: '8089'}]}\n"},
		project{Kind: "a container", URL: "http://localhost:8089/webhook", Service: "web"},
	},
	{
		"nothing that is known",
		map[string]string{"README.md": "webhook"},
		project{Kind: "a receiver", URL: "http://localhost:3000/webhook"},
	},
	{
		"damaged files say nothing",
		map[string]string{"package.json": `{"scripts": [`, "index.js": "\x00app.post('/webhook')"},
		project{Kind: "Node", URL: "http://localhost:3000/webhook", Command: "node index.js", Install: []string{"npm install"}},
	},
	{
		"what others have written is not looked at",
		map[string]string{
			"package.json": `{"scripts":{"start":"node x.js"}}`, "node_modules/a/index.js": verifies + `app.post("/theirs-webhook")`,
			"tests/a.js": verifies + `app.post("/test-webhook")`, "x.test.js": verifies + `app.post("/test-webhook")`, "x.js": "",
		},
		project{Kind: "Node", URL: "http://localhost:3000/webhook", Command: "npm start", Install: []string{"npm install"}},
	},
}

func TestProjectsAreRecognised(t *testing.T) {
	for _, c := range projects {
		t.Run(c.reason, func(t *testing.T) {
			got := *lookInto(t, c.files)
			assert.Assert(t, len(got.Found) > 0 || c.want.Kind == "a receiver", "it says what it has found")
			got.Found, got.Setup = nil, nil
			assert.DeepEqual(t, got, c.want)
		})
	}
}

// Whatever is found, both files are YAML, and hold it.
func TestFilesAreWellFormed(t *testing.T) {
	odd := projects[0].want
	odd.Kind, odd.Command, odd.URL = "odd", `sh -c 'x "#: {y}"' & - * %`, `http://localhost:3000/a#: 'b' "c"`
	list := []project{odd}
	for _, c := range projects {
		list = append(list, *lookInto(t, c.files))
	}
	for _, p := range list {
		settings, err := content(settingsName, &p)
		assert.NilError(t, err)
		var got map[string]any
		assert.NilError(t, yaml.Unmarshal([]byte(settings), &got), settings)
		assert.Equal(t, got["url"], p.URL)
		if p.Command != "" {
			assert.Equal(t, got["command"], p.Command)
		}
		for line := range strings.Lines(settings) {
			assert.Assert(t, len(line) <= 110 || !strings.HasPrefix(line, "#"), line)
		}
		job, err := content(workflowName, workflow{&p, "apps/web"})
		assert.NilError(t, err)
		var parsed struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses, Run string
					With      map[string]string
				}
			}
		}
		assert.NilError(t, yaml.Unmarshal([]byte(job), &parsed), job)
		steps := parsed.Jobs["rtkmock"].Steps
		judge := steps[len(steps)-2]
		assert.Equal(t, judge.Uses, "OWNER/rtkmock@v0.9.0")
		assert.Equal(t, judge.With["url"], p.URL)
		assert.Equal(t, judge.With["command"], p.Command)
		assert.Equal(t, judge.With["working-directory"], "apps/web")
		assert.Assert(t, !strings.Contains(job, "\n\n\n") && !strings.Contains(settings, "\n\n\n"), "%s%s", job, settings)
	}
}

func TestReadingIsBounded(t *testing.T) {
	files := map[string]string{"big.js": strings.Repeat("x", maxFile+1), "deep/" + strings.Repeat("a/", maxDepth) + "x.js": "x"}
	for i := range maxFiles + 50 {
		files["src/"+strings.Repeat("y", i%200)+string(rune('a'+i/200))+".js"] = "webhook"
	}
	f, err := readFolder(tree(files))
	assert.NilError(t, err)
	assert.Equal(t, len(f.sources), maxFiles)
	for _, s := range f.sources {
		assert.Assert(t, s.path != "big.js" && !strings.HasPrefix(s.path, "deep"), s.path)
	}
}
