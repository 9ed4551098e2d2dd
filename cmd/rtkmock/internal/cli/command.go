package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
)

// defaultKeyEnv is the variable that the guide's sample reads the URL of the
// key from.
const defaultKeyEnv = "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"

// portPlace stands for the port of --port-env in the URL, and wherever else it
// is needed.
const portPlace = "{port}"

// commandFlags say how the receiver is started, and started anew.
type commandFlags struct {
	words     []string // COMMAND and its arguments; empty: the receiver is not rtkmock's to start
	keyEnv    []string
	keyPEMEnv []string
	portEnv   []string
	waitFor   string
	restart   string
}

func (f *commandFlags) add(fs *pflag.FlagSet) {
	names := func(dst *[]string, name, usage string) {
		fs.Var(&list[string]{dst: dst, kind: "NAME", commas: true, parse: parseVariable}, name, usage)
	}
	names(&f.keyEnv, "key-env", "variable in which COMMAND finds the URL of the key; repeatable; without it, "+defaultKeyEnv)
	names(&f.keyPEMEnv, "key-pem-env", "variable in which COMMAND finds the key itself, in PEM; repeatable")
	names(&f.portEnv, "port-env", "variable in which COMMAND finds the port to listen at: a free one, which takes the place of {port} in the URL")
	stringFlag(fs, &f.waitFor, "wait-for", "URL|PORT", "what tells that the target is ready: a URL that answers 2xx, or a port; without it, the port of the target's URL")
	stringFlag(fs, &f.restart, "restart-cmd", "LINE", "shell line that restarts a target that runs already, for checks that need a fresh process; it has to kill it, as in 'docker compose kill app && docker compose start app'")
}

// parseVariable reads the name of an environment variable.
func parseVariable(s string) (string, error) {
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(s) {
		return "", found(s, "the name of an environment variable, such as %s", defaultKeyEnv)
	}
	return s, nil
}

// takeCommand splits the arguments of verb at "--", and keeps what follows.
func (f *commandFlags) takeCommand(cmd *cobra.Command, args []string) (before []string, err error) {
	verb := verbPath(cmd)
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		if len(args) > 1 {
			return nil, usagef(`%s: unexpected %q after the URL; a command to start goes after "--"`, verb, args[1])
		}
		return args, nil
	}
	before, f.words = args[:dash], args[dash:]
	switch {
	case len(before) == 0:
		return nil, usagef(`%s: found no URL before "--", want that of the receiver that the command starts, such as http://localhost:3000/webhook`, verb)
	case len(before) > 1:
		return nil, usagef("%s: unexpected %q after the URL", verb, before[1])
	case len(f.words) == 0:
		return nil, usagef(`%s: found no command after "--", want one such as npm start`, verb)
	case f.words[0] == "":
		return nil, usagef("%s: %w", verb, emptyValue("COMMAND"))
	}
	return before, nil
}

// checkCommand checks what goes with COMMAND, and what goes without.
func (a *app) checkCommand(verb, url string, f *commandFlags) error {
	switch {
	case len(f.words) > 0 && f.restart != "":
		return a.bad("restart-cmd", "rtkmock starts the command anew itself, want one of the two")
	case f.restart != "" && url == "":
		return a.bad("restart-cmd", "the built-in receiver needs none; it goes with a URL to test")
	case f.waitFor != "" && url == "":
		return a.bad("wait-for", "the built-in receiver is ready at once; it goes with a URL to test")
	case len(f.words) > 0:
		return a.checkWords(verb, f)
	}
	for _, v := range []struct {
		flag  string
		names []string
	}{{"key-env", f.keyEnv}, {"key-pem-env", f.keyPEMEnv}, {"port-env", f.portEnv}} {
		if len(v.names) > 0 {
			return a.bad(v.flag, `it goes with a command to start: %s URL --%s %s -- COMMAND`, verb, v.flag, v.names[0])
		}
	}
	if strings.Contains(url, portPlace) {
		return usagef("%s: the URL: found %s in it, which --port-env fills where a command is started", verb, portPlace)
	}
	return nil
}

func (a *app) checkWords(verb string, f *commandFlags) error {
	seen := map[string]bool{}
	for _, name := range slices.Concat(f.keyNames(), f.keyPEMEnv, f.portEnv) {
		if seen[name] {
			return usagef("%s: the variable %s is to hold two things, want a name for each", verb, name)
		}
		seen[name] = true
	}
	name := f.words[0]
	err := process.Find(name)
	if err == nil {
		return nil
	}
	hint := ""
	switch {
	case strings.ContainsAny(name, " \t") && len(f.words) == 1:
		hint = `; want the command without quotes, or sh -c '…'`
	case strings.Contains(name, "="):
		hint = "; a variable is set by env " + name
	}
	return usagef("%s: the command: %s%s", verb, startProblem(name, err), hint)
}

// startProblem says in a few words why the program called name cannot be
// started.
func startProblem(name string, err error) string {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Sprintf("found no program %q in PATH", name)
	case errors.Is(err, fs.ErrPermission):
		return name + ": permission denied; is it executable?"
	}
	return name + ": " + fileProblem(innermost(err))
}

// keyNames are the variables for the key's URL.
func (f *commandFlags) keyNames() []string {
	if len(f.keyEnv) == 0 {
		return []string{defaultKeyEnv}
	}
	return f.keyEnv
}

// fillPort takes a free port for {port} in the URL, and puts it in its place in
// texts and in the words of COMMAND. It returns the port, or nil. The caller
// frees it.
func (a *app) fillPort(verb string, f *commandFlags, url *string, texts ...*string) (*takenPort, error) {
	inWords := slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(w, portPlace) })
	switch wanted := strings.Contains(*url, portPlace); {
	case wanted && len(f.portEnv) == 0 && !inWords:
		return nil, usagef("%s: the URL: found %s in it, want --port-env NAME, or %s in the command as well", verb, portPlace, portPlace)
	case !wanted && len(f.portEnv) > 0:
		return nil, a.bad("port-env", "the URL has no %s to fill, want one such as http://localhost:%s/webhook", portPlace, portPlace)
	case !wanted:
		return nil, nil
	}
	port, err := a.takePort()
	if err != nil {
		return nil, err
	}
	f.words = slices.Clone(f.words)
	for i := range f.words {
		texts = append(texts, &f.words[i])
	}
	for _, text := range append(texts, url) {
		*text = strings.ReplaceAll(*text, portPlace, port.number)
	}
	return port, nil
}

// takenPort is a port that nobody else gets until it is freed. rtkmock opens an
// address of its own meanwhile, which may not be the same.
type takenPort struct {
	number string
	ln     net.Listener
}

func (a *app) takePort() (*takenPort, error) {
	ln, err := new(net.ListenConfig).Listen(a.ctx, "tcp", defaultListen)
	if err != nil {
		if a.interrupted() {
			return nil, errInterrupted()
		}
		return nil, err
	}
	return &takenPort{strconv.Itoa(ln.Addr().(*net.TCPAddr).Port), ln}, nil
}

// free lets go of the port. It may be called more than once, and of nil.
func (p *takenPort) free() {
	if p != nil {
		_ = p.ln.Close()
	}
}

// String is the port's number, empty if there is none.
func (p *takenPort) String() string {
	if p == nil {
		return ""
	}
	return p.number
}

// environ is the environment of rtkmock.
func (a *app) environ() []string {
	env := make([]string, 0, len(a.env))
	for name, value := range a.env {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// commandEnv is the environment of COMMAND, and of commands about the target:
// rtkmock's own and what the flags add.
func (a *app) commandEnv(f *commandFlags, keyURL, keyPEM, port string) []string {
	env := a.environ()
	for _, add := range []struct {
		names []string
		value string
	}{{f.keyNames(), keyURL}, {f.keyPEMEnv, keyPEM}, {f.portEnv, port}} {
		for _, name := range add.names {
			env = append(env, name+"="+add.value) // the last one counts
		}
	}
	return env
}
