package intercept

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Way is how a command is led to the names that are intercepted.
type Way string

// The ways.
const (
	// WayHosts: an /etc/hosts of the command's own, in a mount namespace.
	WayHosts Way = "hosts"
	// WayEnvironment: variables of the command.
	WayEnvironment Way = "environment"
	// WayListener: whatever leads the names to a listener, for a container or
	// another machine.
	WayListener Way = "listener"
)

// Settings are what a command's variables follow from. They are plain data, and
// hold no secret: a running rtkmock can be asked for them.
type Settings struct {
	Way   Way      `json:"way"`
	Hosts []string `json:"hosts"`
	// Dir is the folder with certificates, as the command knows it.
	Dir string `json:"dir"`
	// Proxy is the address of the proxy; WayEnvironment alone has one.
	Proxy string `json:"proxy,omitempty"`
	// Listen is the address of the listener for what runs elsewhere, if there is
	// one.
	Listen string `json:"listen,omitempty"`
}

// Variable is a variable of an environment. A Variable that is Unset is taken
// out.
type Variable struct {
	Name, Value string
	Unset       bool
}

// Variables returns the variables that a command needs, beside the others of
// environ. What is set there is kept where there is room for both: options are
// appended to, lists are completed. Variables that name certificates get another
// file, which has those of the first one, too, where Options.Environ named it.
func (s Settings) Variables(environ []string) []Variable {
	env := parseEnviron(environ)
	var all []Variable
	add := func(name, value string) { all = append(all, Variable{Name: name, Value: value}) }
	for _, name := range caVariables() {
		add(name, s.path(bundleFile))
	}
	if env.get(nixCA) != "" {
		add(nixCA, s.path(bundleFile))
	}
	for _, a := range s.appended() {
		add(a.name, a.to(env.get(a.name)))
	}
	proxied := slices.ContainsFunc(proxyVariables(), func(name string) bool { return env.get(name) != "" })
	switch {
	case s.Way == WayEnvironment:
		for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
			add(name, "http://"+s.Proxy)
		}
		direct := completed(uncovered(noProxy(env), s.Hosts), loopbackHosts())
		add("NO_PROXY", direct)
		add("no_proxy", direct)
	case s.Way == WayHosts && proxied:
		// The names are this machine's now. A proxy would ask others for them.
		direct := completed(noProxy(env), append(loopbackHosts(), s.Hosts...))
		add("NO_PROXY", direct)
		add("no_proxy", direct)
	}
	return all
}

// Environ returns environ with the variables that a command needs.
func (s Settings) Environ(environ []string) []string {
	out := slices.Clone(environ)
	for _, v := range s.Variables(environ) {
		out = slices.DeleteFunc(out, func(line string) bool { return sameName(nameOf(line), v.Name) })
		out = append(out, v.Name+"="+v.Value)
	}
	return out
}

// Undo returns the variables that take back what Variables did to environ, or
// that keep environ as it is if nothing was done yet. Of a variable that was
// overwritten the old value is not known: it is unset.
func (s Settings) Undo(environ []string) []Variable {
	env := parseEnviron(environ)
	appended := s.appended()
	var all []Variable
	for _, v := range s.Variables(environ) {
		old, set := env.lookup(v.Name)
		i := slices.IndexFunc(appended, func(a appendix) bool { return a.name == v.Name })
		switch {
		case i >= 0:
			old = appended[i].from(old)
			set = old != ""
		case old == v.Value:
			old, set = "", false
		}
		all = append(all, Variable{Name: v.Name, Value: old, Unset: !set})
	}
	return all
}

// folder is the path of the folder that a file is in.
func (s Settings) folder(file string) string { return s.path(path.Dir(file)) }

// path is the path of a file, as the command knows it.
func (s Settings) path(file string) string {
	if s.Way == WayListener {
		return strings.TrimSuffix(s.Dir, "/") + "/" + file
	}
	return filepath.Join(s.Dir, filepath.FromSlash(file))
}

// appendix is what is added to a variable that holds several things.
type appendix struct {
	name, text string
	separator  string
	first      bool // before what is there
	always     bool // the separator is written without a value, too
}

// to returns a value with the text in it, once.
func (a appendix) to(value string) string {
	value = a.from(value)
	switch {
	case value == "" && !a.always:
		return a.text
	case a.first:
		return a.text + a.separator + value
	}
	return value + a.separator + a.text
}

// from returns a value without the text.
func (a appendix) from(value string) string {
	if a.first {
		if rest, ok := strings.CutPrefix(value, a.text+a.separator); ok {
			return rest
		}
	}
	if rest, ok := strings.CutSuffix(value, a.separator+a.text); ok {
		return rest
	}
	if value == a.text {
		return ""
	}
	return value
}

// appended are the texts for the variables that hold several things.
func (s Settings) appended() []appendix {
	list := string(os.PathListSeparator)
	if s.Way == WayListener {
		list = ":" // in a container
	}
	python := trustFile
	if s.Way == WayEnvironment {
		python = pythonFile
	}
	all := []appendix{
		{name: "JAVA_TOOL_OPTIONS", text: s.javaOptions(), separator: " "},
		// An empty element is the folder that PHP was built with.
		{name: "PHP_INI_SCAN_DIR", text: s.folder(phpFile), separator: list, always: true},
		{name: "PYTHONPATH", text: s.folder(python), separator: list, first: true},
	}
	if s.Way == WayEnvironment {
		all = append(all, appendix{name: "NODE_OPTIONS", text: "--require " + nodeQuoted(s.path(nodeFile)), separator: " "})
	}
	return all
}

func (s Settings) javaOptions() string {
	options := []string{
		"-Djavax.net.ssl.trustStore=" + s.path(storeFile),
		"-Djavax.net.ssl.trustStoreType=PKCS12",
	}
	if s.Way == WayEnvironment {
		host, port, _ := strings.Cut(s.Proxy, ":")
		for _, scheme := range []string{"http", "https"} {
			options = append(options, "-D"+scheme+".proxyHost="+host, "-D"+scheme+".proxyPort="+port)
		}
		options = append(options, "-Dhttp.nonProxyHosts=localhost|127.*|[::1]")
	}
	for i, option := range options {
		if strings.ContainsAny(option, " \t'\"") {
			options[i] = "'" + strings.ReplaceAll(option, "'", `'"'"'`) + "'"
		}
	}
	return strings.Join(options, " ")
}

// nodeQuoted is a path as NODE_OPTIONS takes it.
func nodeQuoted(path string) string {
	if !strings.ContainsAny(path, " \"\\") {
		return path
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path) + `"`
}

// environ is a parsed environment. On Windows "Path" is "PATH".
type environ map[string]string

func parseEnviron(lines []string) environ {
	env := environ{}
	for _, line := range lines {
		if name := nameOf(line); name != "" {
			env[foldName(name)] = line[len(name)+1:]
		}
	}
	return env
}

func (e environ) get(name string) string { return e[foldName(name)] }

func (e environ) lookup(name string) (string, bool) {
	value, ok := e[foldName(name)]
	return value, ok
}

// nameOf returns the name of "NAME=value". Windows has names that begin with
// "=", which are left alone.
func nameOf(line string) string {
	if i := strings.IndexByte(line, '='); i > 0 {
		return line[:i]
	}
	return ""
}

func foldName(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

func sameName(a, b string) bool { return foldName(a) == foldName(b) }
