package initialize

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

// project is what was found out about a folder, and how its receiver is judged.
type project struct {
	Kind    string   // in words, such as "Express"
	Found   []string // what that rests on, a line each
	URL     string
	RouteAt string // where the path of the URL stands; empty: it is a guess
	Command string // empty: somebody else starts the receiver
	PortEnv string // the variable that it takes its port from
	KeyEnv  string // the variable of the key's URL
	KeyPEM  string // the variable of the key itself
	Fixed   bool   // the address of the key is hard-coded
	Build   []string

	// For a receiver in a container.
	Service string

	Setup   *action  // of the toolchain, in CI
	Install []string // shell lines, in CI
	Local   []local  // what these install from a path
	Outside []string // those of them that CI does not find, a line each
}

// local is a dependency that is a path.
type local struct{ name, path string }

// action is a step of a workflow.
type action struct {
	Uses string
	With []setting
}

type setting struct{ Name, Value string }

// defaultRoute is the path where no other is found.
const defaultRoute = "/webhook"

// look finds out what is in a folder.
func look(f *folder) *project {
	for _, try := range []func(*folder) *project{lookWorker, lookNode, lookPython, lookGo, lookPHP, lookCompose} {
		if p := try(f); p != nil {
			return p
		}
	}
	return &project{Kind: "a receiver", URL: "http://localhost:3000" + defaultRoute}
}

// noteOutside adds what the project installs from outside of its repository, in which it
// is at the path within.
func (p *project) noteOutside(within string) {
	for _, d := range p.Local {
		if at := path.Join(within, d.path); path.IsAbs(d.path) || strings.HasPrefix(d.path, "~") || at == ".." || strings.HasPrefix(at, "../") {
			text := terminal.OneLine(fmt.Sprintf("%s is %s, outside of the repository, so %q fails in CI: put it into the repository", d.name, d.path, p.Install[0]))
			p.Outside = append(p.Outside, text)
			p.note("package.json: %s", text)
		}
	}
}

// note adds what was found.
func (p *project) note(format string, args ...any) {
	p.Found = append(p.Found, fmt.Sprintf(format, args...))
}

// setURL makes the URL of a port and a route.
func (p *project) setURL(port, route, at string) {
	if port == "" {
		port = "{port}"
	}
	p.RouteAt = at
	if route == "" {
		route = defaultRoute
		p.note("no route of a webhook: %s is a guess", route)
	} else {
		p.note("%s: %s", at, route)
	}
	p.URL = "http://localhost:" + port + "/" + strings.TrimPrefix(route, "/")
}

// findRoute returns the path of the webhook and where it stands: one that speaks of
// webhooks, or else the first in a file that speaks of RealtimeKit.
func (f *folder) findRoute(pattern *regexp.Regexp) (route, at string) {
	isHook := func(text string) bool { return plainPath.MatchString(text) && hookWords.MatchString(text) }
	for _, s := range f.sources {
		if route, line := s.find(pattern, isHook); line > 0 {
			return route, fmt.Sprintf("%s:%d", s.path, line)
		}
		if s.likelihood() < 2 {
			continue
		}
		if route, line := s.find(quotedPath, isHook); line > 0 {
			return route, fmt.Sprintf("%s:%d", s.path, line)
		}
		if route, line := s.find(pattern, plainPath.MatchString); line > 0 {
			return route, fmt.Sprintf("%s:%d", s.path, line)
		}
	}
	return "", ""
}

var (
	hookWords  = regexp.MustCompile(`(?i)hook|rtk|realtime`)
	quotedPath = regexp.MustCompile("[\"'`](/[\\w~/-]{1,80})[\"'`]")
	plainPath  = regexp.MustCompile(`^/?[\w.~/-]*$`)
)

// Ways to read a variable, in all the languages.
var envAccess = regexp.MustCompile(`(?:\benv\.|\bprocess\.env\[|(?i:getenv)\(|\benviron\[|\benviron\.get\(|\bLookupEnv\(|\benv\(|\$_ENV\[|\$_SERVER\[|\.get(?:OrThrow)?(?:<\w+>)?\()\s*["']?([A-Z][A-Z0-9_]{2,80})\b`)

var (
	keyURLName = regexp.MustCompile(`(KEY|JWKS|PEM)S?_?(\w+_)?UR[IL]$`)
	keyPEMName = regexp.MustCompile(`(PUBLIC_?KEY|KEY_PEM|_PEM)$`)
	hookName   = regexp.MustCompile(`HOOK|RTK|REALTIME|DYTE`)
)

// setKey finds the variable that holds the key's URL, or the key itself.
func (p *project) setKey(f *folder) {
	if name, at, line := f.find(envAccess, keyURLName.MatchString); name != "" {
		p.note("%s:%d: the URL of the key is in %s", at, line, name)
		if name != target.KeyVariable {
			p.KeyEnv = name
		}
		return
	}
	isKey := func(name string) bool { return keyPEMName.MatchString(name) && hookName.MatchString(name) }
	if name, at, line := f.find(envAccess, isKey); name != "" {
		p.note("%s:%d: the key is in %s", at, line, name)
		p.KeyPEM = name
		return
	}
	if _, at, line := f.find(regexp.MustCompile(`(api\.realtime\.cloudflare\.com)`), nil); line > 0 && p.Kind == worker {
		p.note("%s:%d: the address of the key is hard-coded; workerd obeys neither proxies nor certificates in variables, so rtkmock answers it as root on Linux alone", at, line)
		p.note("in CI and elsewhere: read it from env.%s, which the command sets", target.KeyVariable)
		p.Fixed = true
	} else if line > 0 {
		p.note("%s:%d: the address of the key is hard-coded; rtkmock answers it for the command", at, line)
		p.Fixed = true
	}
}

// readsPort reports that the code takes its port from PORT.
func (f *folder) readsPort() bool {
	name, _, _ := f.find(envAccess, func(name string) bool { return name == "PORT" })
	return name != ""
}

// firstOf returns the first group of a match.
func firstOf(pattern *regexp.Regexp, text string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
