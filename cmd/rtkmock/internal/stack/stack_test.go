package stack_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/stack"
)

func TestDetect(t *testing.T) {
	packaged := func(names ...string) string {
		return `{"dependencies": {"` + strings.Join(names, `": "*", "`) + `": "*"}}`
	}
	for _, c := range []struct {
		command  string
		files    map[string]string
		header   map[string]string
		want, by string
		reason   string
	}{
		{"npx wrangler dev --port 8787", nil, nil, "workers", "its command", "the command alone"},
		{"sh -c 'npx wrangler dev --var A:$A'", map[string]string{"package.json": packaged("hono")}, nil, "workers", "its command", "a Worker has no file system, whatever framework it uses"},
		{"npm start", map[string]string{"package.json": packaged("express")}, nil, "express", "package.json", "npm says nothing of what it starts"},
		{"npm start", map[string]string{"package.json": packaged("express", "@nestjs/core")}, map[string]string{"X-Powered-By": "Express"}, "nest", "package.json", "Nest answers as Express does"},
		{"npm start", map[string]string{"package.json": packaged("express", "next")}, nil, "next", "package.json", "what is built on others comes first"},
		{"npm start", map[string]string{"package.json": packaged("wrangler", "hono"), "wrangler.toml": ""}, nil, "workers", "wrangler.toml", "a Worker with a framework"},
		{"npm start", map[string]string{"package.json": packaged("fastify")}, map[string]string{"X-Powered-By": "Express"}, "express", "its answers", "what answers is not what the folder holds"},
		{"npm start", map[string]string{"package.json": "{"}, nil, "node", "its command", "a package.json that cannot be read"},
		{"node server.js", map[string]string{"go.mod": "module x", "package.json": packaged("hono")}, nil, "hono", "package.json", "a folder with two languages"},
		{"node server.js", map[string]string{"package.json": `{"devDependencies": {"vitest": "1"}}`}, nil, "node", "package.json", "no framework"},
		{"python3 manage.py runserver", nil, map[string]string{"Server": "WSGIServer/0.2 CPython/3.11.7"}, "django", "its command", "runserver"},
		{"gunicorn app:app", map[string]string{"requirements.txt": "# Django\nFlask==2.2\n"}, map[string]string{"Server": "gunicorn"}, "flask", "requirements.txt", "a comment names no requirement"},
		{"uvicorn app:app", map[string]string{"pyproject.toml": "dependencies = [\n  \"fastapi[standard]>=0.110\",\n]"}, map[string]string{"Server": "uvicorn"}, "fastapi", "pyproject.toml", "quoted, with extras"},
		{"uvicorn project.asgi", map[string]string{"requirements.txt": "django>=5\n"}, map[string]string{"Server": "uvicorn"}, "django", "requirements.txt", "uvicorn serves others than FastAPI"},
		{"python3 app.py", map[string]string{"requirements.txt": "flask-cors\nmy-django\n"}, nil, "python", "requirements.txt", "names that only contain one"},
		{"go run ./cmd/server", map[string]string{"package.json": packaged("express")}, nil, "go", "its command", "a folder with two languages"},
		{"./receiver", map[string]string{"go.mod": "module x"}, nil, "go", "go.mod", "a program that was built before"},
		{"php -q -S localhost:3000 public/index.php", nil, nil, "php", "its command", "PHP's own server"},
		{"docker compose up app", nil, map[string]string{"X-Powered-By": "PHP/8.2.36"}, "php", "its answers", "a container tells by its answers alone"},
		{"", nil, map[string]string{"X-Powered-By": "Next.js"}, "next", "its answers", "it runs already"},
		{"", nil, map[string]string{"Server": "Werkzeug/2.2.2 Python/3.11.2"}, "flask", "its answers", "flask run"},
		{"", map[string]string{"composer.json": "{}"}, nil, "php", "composer.json", "files alone"},
		{"./start", nil, map[string]string{"Server": "nginx"}, "", "", "nothing is recognised"},
	} {
		dir := fstest.MapFS{}
		for name, text := range c.files {
			dir[name] = &fstest.MapFile{Data: []byte(text)}
		}
		header := http.Header{}
		for name, value := range c.header {
			header.Set(name, value)
		}
		s, ok := stack.Detect(strings.Fields(c.command), dir, header)
		assert.Check(t, ok == (c.want != ""), c.reason)
		if ok {
			assert.Check(t, s.ID == c.want && s.By == c.by && s.Name != "", "%s: found %+v", c.reason, s)
		}
	}
}

func TestCommonJSIsToldFromModules(t *testing.T) {
	for _, c := range []struct {
		command string
		files   map[string]string
		want    bool
		reason  string
	}{
		{"npm start", map[string]string{"package.json": `{"scripts":{"start":"node server.js"}}`}, true, "it is the default"},
		{"npm start", map[string]string{"package.json": `{"type":"commonjs"}`, "sub/x.mjs": ""}, true, "it says so"},
		{"npm start", map[string]string{"package.json": `{"type":"module"}`}, false, "it says otherwise"},
		{"node server.mjs", map[string]string{"package.json": `{}`}, false, "the command names a module"},
		{"npm start", map[string]string{"package.json": `{"scripts":{"start":"node ./src/app.mjs"}}`}, false, "so does its script"},
		{"npm start", map[string]string{"package.json": `{"main":"a.js"}`, "app.mjs": ""}, false, "there is a module"},
		{"npm start", map[string]string{"package.json": `{}`, "tsconfig.json": "{}"}, false, "TypeScript imports"},
		{"npm start", map[string]string{"package.json": `[`}, false, "a damaged file says nothing"},
		{"node server.js", nil, false, "nothing is known"},
	} {
		dir := fstest.MapFS{}
		for name, text := range c.files {
			dir[name] = &fstest.MapFile{Data: []byte(text)}
		}
		assert.Equal(t, stack.IsCommonJS(strings.Fields(c.command), dir), c.want, c.reason)
	}
}
