package test

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// commandFlags say how the receiver is started and restarted.
type commandFlags struct {
	words     []string // COMMAND and its arguments; empty: the receiver is not rtkmock's to start
	url       string   // that of the settings, for a command line without one
	line      []string // the words of the settings
	outweighs []string // those that the command line outweighs
	keyEnv    []string
	keyPEMEnv []string
	portEnv   []string
	waitFor   string
	restart   string
}

func (f *commandFlags) add(fs *pflag.FlagSet) {
	target.URLFlag(fs, &f.url)
	flags.Var(fs, &f.line, "command", "LINE", `COMMAND in one text, for settings: it counts if nothing follows "--"`, parseLine)
	flags.CommaList(fs, &f.keyEnv, "key-env", "NAME", "variable in which COMMAND finds the URL of the key; repeatable; without it, "+target.KeyVariable, target.ParseVariable)
	flags.CommaList(fs, &f.keyPEMEnv, "key-pem-env", "NAME", "variable in which COMMAND finds the key itself, in PEM; repeatable", target.ParseVariable)
	flags.CommaList(fs, &f.portEnv, "port-env", "NAME", "variable in which COMMAND finds the port to listen at: a free one, which takes the place of {port} in the URL", target.ParseVariable)
	flags.String(fs, &f.waitFor, "wait-for", "URL|PORT", "how it shows that the target is ready: a URL that answers 2xx, or a port that accepts connections; without it, the port of the target's URL")
	flags.String(fs, &f.restart, "restart-cmd", "LINE", "shell line that restarts a target that runs already, for checks that need a fresh process; it has to kill it, as in 'docker compose kill app && docker compose start app'")
}

func parseLine(s string) ([]string, error) {
	words, err := process.SplitWords(s)
	if err == nil && len(words) == 0 {
		err = flags.Found(s, "a command such as npm start")
	}
	return words, err
}

// take splits the arguments at "--", and keeps what follows.
func (f *commandFlags) take(cmd *cobra.Command, args []string) (before []string, err error) {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		return args, command.Args(0, 1, "", `the URL; a command to start goes after "--"`)(cmd, args)
	}
	before, f.words = args[:dash], args[dash:]
	switch {
	case len(before) > 1:
		return nil, exit.Usagef("test: unexpected %q after the URL", before[1])
	case len(f.words) == 0:
		return nil, exit.Usagef(`test: found no command after "--", want one such as npm start`)
	}
	return before, nil
}

// settle returns the URL of the target, once the settings are known. The words of the
// command line come first. With a URL among them, the settings of the command that
// starts another target are left out. It says which settings are used.
func (f *commandFlags) settle(a *app.App, typed string) (url string, err error) {
	isSetting := func(flag string) bool { _, ok := a.Origins[flag]; return ok }
	switch {
	case typed != "" && f.url != "" && !isSetting("url"):
		return "", a.BadFlag("url", "the URL %s is given as well, want one of them", redact.Typed(typed))
	case len(f.words) > 0 && len(f.line) > 0 && !isSetting("command"):
		return "", a.BadFlag("command", `a command follows "--" as well, want one of them`)
	case len(f.words) > 0 && typed == "" && f.url == "":
		return "", exit.Usagef(`test: found no URL before "--", want that of the receiver that the command starts, such as http://localhost:3000/webhook`)
	case typed == "" && f.url == "" && len(f.line) > 0:
		return "", a.BadFlag("command", "found no URL, want that of the receiver that it starts")
	}
	var unused []string
	leaveOut := func(flag string, value *[]string) {
		if isSetting(flag) {
			*value, unused = nil, append(unused, flag)
		}
	}
	defer func() { a.NoteSettings(unused...) }()
	if typed != "" || len(f.words) > 0 {
		f.outweighs = f.line
		leaveOut("command", &f.line)
	}
	if len(f.words) == 0 {
		f.words = f.line
	}
	if typed == "" {
		return f.url, nil
	}
	unused = append(unused, "url")
	if !strings.Contains(typed, target.PortPlace) {
		leaveOut("port-env", &f.portEnv) // it goes with the URL of the file
	}
	if len(f.words) == 0 {
		leaveOut("key-env", &f.keyEnv)
		leaveOut("key-pem-env", &f.keyPEMEnv)
		leaveOut("port-env", &f.portEnv)
	}
	return typed, nil
}

// repeatsFile reports whether the URL typed and the words say what the settings of the
// working folder say, but for a port that these leave to rtkmock.
func (f *commandFlags) repeatsFile(a *app.App, typed string) bool {
	for flag, names := range map[string][]string{"key-env": f.keyEnv, "key-pem-env": f.keyPEMEnv, "port-env": f.portEnv} {
		if _, isSetting := a.Origins[flag]; len(names) > 0 && !isSetting {
			return false
		}
	}
	if typed == "" || len(f.words) == 0 || !slices.Contains(a.Settings.Flags, "url") || !slices.Equal(f.words, f.outweighs) {
		return false
	}
	if typed == f.url {
		return true
	}
	u, err := url.Parse(typed)
	return err == nil && u.Port() != "" && strings.Replace(typed, ":"+u.Port(), ":"+target.PortPlace, 1) == f.url
}

// check checks what goes with COMMAND, and what goes without.
func (f *commandFlags) check(a *app.App, url string) error {
	switch {
	case len(f.words) > 0 && f.restart != "":
		return a.BadFlag("restart-cmd", "rtkmock restarts the command itself, want one of the two")
	case f.restart != "" && url == "":
		return a.BadFlag("restart-cmd", "the built-in receiver needs none; it goes with a URL to test")
	case f.waitFor != "" && url == "":
		return a.BadFlag("wait-for", "the built-in receiver is ready at once; it goes with a URL to test")
	case len(f.words) > 0:
		return f.checkWords()
	}
	for _, v := range []struct {
		flag  string
		names []string
	}{{"key-env", f.keyEnv}, {"key-pem-env", f.keyPEMEnv}, {"port-env", f.portEnv}} {
		if len(v.names) > 0 {
			return a.BadFlag(v.flag, `it goes with a command to start: test URL --%s %s -- COMMAND`, v.flag, v.names[0])
		}
	}
	if strings.Contains(url, target.PortPlace) {
		return exit.Usagef("test: the URL: found %s in it, which --port-env fills where a command is started", target.PortPlace)
	}
	return nil
}

func (f *commandFlags) checkWords() error {
	seen := map[string]bool{}
	for _, name := range slices.Concat(f.keyNames(), f.keyPEMEnv, f.portEnv) {
		if seen[name] {
			return exit.Usagef("test: the variable %s is to hold two things, want a name for each", name)
		}
		seen[name] = true
	}
	return target.CheckCommand("test", f.words)
}

// keyNames are the variables for the key's URL.
func (f *commandFlags) keyNames() []string {
	if len(f.keyEnv) == 0 {
		return []string{target.KeyVariable}
	}
	return f.keyEnv
}

// fillPort takes a free port for {port} in the URL, and puts it in its place in
// texts and in the words of COMMAND. It returns the port, or nil. The caller frees
// it.
func (f *commandFlags) fillPort(ctx context.Context, a *app.App, url *string, texts ...*string) (*takenPort, error) {
	inWords := slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(w, target.PortPlace) })
	switch wanted := strings.Contains(*url, target.PortPlace); {
	case wanted && len(f.portEnv) == 0 && !inWords:
		return nil, exit.Usagef("test: the URL: found %s in it, want --port-env NAME, or %s in the command as well", target.PortPlace, target.PortPlace)
	case !wanted && len(f.portEnv) > 0:
		return nil, a.BadFlag("port-env", "the URL has no %s to fill, want one such as http://localhost:%s/webhook", target.PortPlace, target.PortPlace)
	case !wanted:
		return nil, nil
	}
	ln, err := target.ListenApart(ctx)
	if err != nil {
		return nil, err
	}
	port := &takenPort{strconv.Itoa(ln.Addr().(*net.TCPAddr).Port), ln}
	f.words = slices.Clone(f.words)
	for i := range f.words {
		texts = append(texts, &f.words[i])
	}
	for _, text := range append(texts, url) {
		*text = strings.ReplaceAll(*text, target.PortPlace, port.number)
	}
	return port, nil
}

// takenPort is a port that nobody else gets until it is freed. Meanwhile rtkmock
// opens an address of its own, and that must be another one.
type takenPort struct {
	number string
	ln     net.Listener
}

// free lets go of the port. It may be called more than once, and of nil.
func (p *takenPort) free() {
	if p != nil {
		_ = p.ln.Close()
	}
}

// waitFor reads the URL, HOST:PORT or PORT of --wait-for.
func (r *run) waitFor(ctx context.Context) (target.Readiness, error) {
	text := r.command.waitFor
	host, port := r.url.Hostname(), text
	if u, err := url.Parse(text); target.IsHTTP(u, err) {
		return target.Answers(u, r.TLS(), r.Sender.Dial), target.Guard(ctx, r.Origin("wait-for"), u, r.AllowRemote)
	}
	if h, p, err := net.SplitHostPort(text); err == nil && h != "" {
		host, port = h, p
		if err := target.Guard(ctx, r.Origin("wait-for"), &url.URL{Host: text}, r.AllowRemote); err != nil {
			return target.Readiness{}, err
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 && port[0] != '+' {
		return target.Keeps(net.JoinHostPort(host, port), r.Sender.Dial), nil
	}
	hint := ""
	if _, err := time.ParseDuration(text); err == nil {
		hint = "; how long to wait is --wait-for-target"
	}
	return target.Readiness{}, r.BadFlag("wait-for", "%w", flags.Found(redact.Typed(text), "a URL that answers 2xx once the target is ready, or the port that it listens at%s", hint))
}

// setCommand makes COMMAND, or what restarts the target instead, ready to be used.
// Nothing is started yet.
func (r *run) setCommand(ctx context.Context, ring *rtk.Keyring) error {
	f := &r.command
	r.names.ring = ring
	r.judging.Target.Container = container.MatchString(strings.Join(append(f.words, f.restart), " "))
	env, err := r.commandEnv(ring)
	if err != nil {
		return err
	}
	if f.restart != "" {
		r.judging.Target.Restart = &target.RestartCommand{
			Line: f.restart, Env: env, Ready: r.ready, Limit: r.wait,
			Place: target.Place{URL: r.url, TLS: r.TLS(), Header: r.judging.Header, Dial: r.Sender.Dial, Proxied: r.Sender.Proxy},
		}
	}
	if len(f.words) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if r.ready.Look(limited, 0) == nil {
		return exit.Usagef(`test: %s already, before the command is started; end what runs there, or leave the command out to test that`, r.ready.What)
	}
	r.program = &target.Program{Words: f.words, Env: env, Names: r.names.current.Load(), Ready: r.ready, Limit: r.wait}
	r.judging.Target.Restart = r.program
	r.judging.EndWarmUp = r.mayIntercept // and begin again, rather than wait
	r.judging.Target.Exited = func() (string, string) { return r.program.Exited(r.redactor()) }
	r.judging.Target.Failure = func() string { return r.program.Failure(r.redactor()) }
	r.judging.Target.Lacks = r.lacks
	return nil
}

// container is a command that starts, or restarts, a receiver in a container.
var container = regexp.MustCompile(`\b(docker|docker-compose|podman|podman-compose|nerdctl|kubectl)\b`)

// lacks is the variable for the key that the command misses, by what it has printed or
// answered, and the flag that fills it.
func (r *run) lacks(answer string) (variable, flag string) {
	variable = cmp.Or(process.MissingVariable([]string{answer}), r.program.Tail.MissingVariable())
	flag = target.KeyFlag(variable)
	if flag == "" || slices.Contains(slices.Concat(r.command.keyNames(), r.command.keyPEMEnv), variable) {
		return "", ""
	}
	return variable, flag
}

// commandEnv is the environment of COMMAND and of --restart-cmd: rtkmock's own and
// what the flags add.
func (r *run) commandEnv(ring *rtk.Keyring) ([]string, error) {
	f := &r.command
	// What a command in Python prints into a pipe would be lost when it is killed. The user's
	// own value counts.
	env := append([]string{"PYTHONUNBUFFERED=1"}, r.Environ()...)
	add := func(names []string, value string) {
		for _, name := range names {
			env = append(env, name+"="+value) // the last one counts
		}
	}
	add(f.keyNames(), r.judging.Endpoints.KeyURL())
	if len(f.keyPEMEnv) > 0 {
		pem, err := ring.PublicPEM()
		if err != nil {
			return nil, err
		}
		add(f.keyPEMEnv, pem)
	}
	if r.port != nil {
		add(f.portEnv, r.port.number)
	}
	if r.effects.file != "" && r.Env[effectsVariable] == "" {
		path, err := filepath.Abs(r.effects.file) // the command may change its folder
		if err != nil {
			return nil, err
		}
		add([]string{effectsVariable}, path)
	}
	return r.names.current.Load().Environ(env), nil
}
