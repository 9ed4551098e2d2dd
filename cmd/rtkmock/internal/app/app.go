// Package app is what every verb is given: the terminal, the environment, and
// where the values of its flags come from.
package app

import (
	"crypto/rsa"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// App is one call of rtkmock.
type App struct {
	*terminal.Terminal
	// Program are the words that a user calls rtkmock by, for commands to type next.
	Program []string
	// Args is the command line, without the program's name.
	Args []string
	// Env are the environment variables.
	Env map[string]string
	// Origins says of each flag that is set where its value comes from, as an
	// error names it: "--key", "RTKMOCK_KEY", "rtkmock.yaml:3: key".
	Origins map[string]string
	// Settings are the flags that a file has set which nobody has named, and how to leave
	// them out.
	Settings struct {
		File, Without string
		Flags         []string
	}
	// NewKeyring returns a fresh key, as each call makes for itself.
	NewKeyring func() *rtk.Keyring
}

// New returns the call with these "NAME=value" variables and streams.
func New(env []string, s terminal.Streams) *App {
	a := &App{Env: map[string]string{}, Origins: map[string]string{}, NewKeyring: rtk.GenerateKeyring}
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			a.Env[name] = value
		}
	}
	a.Terminal = terminal.New(s, a.Env)
	executable, _ := os.Executable() // it only chooses words
	a.Program = program(a.Env, executable)
	return a
}

// program returns the words that call the program executable. Below npm, which has put
// node_modules/.bin in front of PATH, "rtkmock" leads to one that a user's shell does not
// find. Without --no, npx would ask a registry where the package is missing.
func program(env map[string]string, executable string) []string {
	if env["npm_command"] != "" && strings.Contains(filepath.ToSlash(executable), "/node_modules/") {
		return []string{"npx", "--no", "rtkmock"}
	}
	return []string{"rtkmock"}
}

// Origin names the place that a flag's value comes from.
func (a *App) Origin(flag string) string {
	if where, ok := a.Origins[flag]; ok {
		return where
	}
	return "--" + flag
}

// NoteSettings says which flags a file has set that nobody has named. unused are those
// that the command line outweighs.
func (a *App) NoteSettings(unused ...string) {
	used := slices.DeleteFunc(slices.Clone(a.Settings.Flags), func(name string) bool { return slices.Contains(unused, name) })
	if len(used) > 0 {
		a.Notef("settings from %s: %s (%s leaves them out)", a.Settings.File, strings.Join(used, ", "), a.Settings.Without)
	}
}

// BadFlag is a mistake in the value of a flag, named as the user gave it: on the
// command line, in the environment or in the configuration file.
func (a *App) BadFlag(flag, format string, args ...any) error {
	return exit.Usagef("%s: %w", a.Origin(flag), fmt.Errorf(format, args...))
}

// ReadFile returns what is in the file of a flag, which is bounded in size.
func (a *App) ReadFile(flag, path string, limit int64) ([]byte, error) {
	data, err := files.Read(path, limit)
	if err != nil {
		return nil, a.BadFlag(flag, "%s: %s", path, files.Problem(err))
	}
	return data, nil
}

// Environ is the environment as programs get it.
func (a *App) Environ() []string {
	env := make([]string, 0, len(a.Env))
	for name, value := range a.Env {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// MaxKeyFile bounds what is read of a file of a key or a certificate.
const MaxKeyFile = 1 << 20

// PrivateKey returns the private key in the file of --key.
func (a *App) PrivateKey(file string) (*rsa.PrivateKey, error) {
	data, err := a.ReadFile("key", file, MaxKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := rtk.ParsePrivateKey(data)
	if err != nil {
		return nil, a.BadFlag("key", "%s: %s", file, exit.Plain(err))
	}
	return key, nil
}

// Keyring returns the signing key of --key, or one that is being made.
func (a *App) Keyring(file string) (*rtk.Keyring, error) {
	if file == "" {
		return a.NewKeyring(), nil
	}
	key, err := a.PrivateKey(file)
	if err != nil {
		return nil, err
	}
	return rtk.NewKeyring(key), nil
}
