package intercept

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Format is a form in which variables are printed.
type Format string

// The formats.
const (
	// FormatShell is for eval in a POSIX shell.
	FormatShell Format = "shell"
	// FormatDotenv is for an env file, as docker run --env-file and libraries
	// read it.
	FormatDotenv Format = "dotenv"
	// FormatCompose is what a service of a compose file needs.
	FormatCompose Format = "compose"
	// FormatGitHub is for the file that GITHUB_ENV names.
	FormatGitHub Format = "github"
)

// Formats returns all formats.
func Formats() []Format { return []Format{FormatShell, FormatDotenv, FormatCompose, FormatGitHub} }

// ErrFormat is wrapped by errors that say why something cannot be printed so.
var ErrFormat = errors.New("intercept: format")

// ParseFormat returns the format that s names.
func ParseFormat(s string) (Format, error) {
	if f := Format(s); slices.Contains(Formats(), f) {
		return f, nil
	}
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("%w: found %q, want one of %s", ErrFormat, s, strings.Join(names, ", "))
}

// containerDir is where a container finds the folder with certificates.
const containerDir = "/run/rtkmock-intercept"

// Print writes what brings a command to the names: for this machine, or for a
// container where a listener takes connections from other machines and the
// format is FormatDotenv or FormatCompose. environ is the environment that the
// variables go to; a container's is not known and taken to be empty.
func (s Settings) Print(w io.Writer, f Format, environ []string) error {
	var b bytes.Buffer
	var err error
	switch f {
	case FormatShell:
		s.printShell(&b, environ)
	case FormatGitHub:
		printGitHub(&b, s.Variables(environ))
	case FormatDotenv:
		local := s
		if s.reachable() == nil {
			local, environ = s.inContainer(), nil
			fmt.Fprintf(&b, "# Mount %s at %s, and lead these names to port 443 of this machine:\n# %s\n", s.Dir, containerDir, strings.Join(s.Hosts, " "))
		}
		err = printDotenv(&b, local.Variables(environ))
	case FormatCompose:
		err = s.printCompose(&b)
	default:
		_, err = ParseFormat(string(f))
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// PrintUndo writes what takes Print back. In GitHub Actions nothing can be
// unset: certificates are those of the system again, all else is empty.
func (s Settings) PrintUndo(w io.Writer, f Format, environ []string) error {
	var b bytes.Buffer
	undo := s.Undo(environ)
	switch f {
	case FormatShell:
		printShellLines(&b, undo)
	case FormatGitHub:
		system := existing(systemBundles())
		for i, v := range undo {
			if v.Unset && len(system) > 0 && slices.Contains(caVariables(), v.Name) {
				undo[i].Value = system[0]
			}
		}
		printGitHub(&b, undo)
	default:
		return fmt.Errorf("%w: %q cannot be undone: it is a file; want %s or %s", ErrFormat, string(f), FormatShell, FormatGitHub)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s Settings) printShell(b *bytes.Buffer, environ []string) {
	printShellLines(b, s.Variables(environ))
	var undo bytes.Buffer
	printShellLines(&undo, s.Undo(environ))
	b.WriteString("# To undo:\n")
	for line := range strings.Lines(undo.String()) {
		b.WriteString("# " + line)
	}
}

func printShellLines(b *bytes.Buffer, variables []Variable) {
	for _, v := range variables {
		if v.Unset {
			fmt.Fprintf(b, "unset %s\n", v.Name)
		} else {
			fmt.Fprintf(b, "export %s='%s'\n", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
		}
	}
}

// printGitHub uses the form with a delimiter where a value has several lines.
func printGitHub(b *bytes.Buffer, variables []Variable) {
	for _, v := range variables {
		if !strings.ContainsAny(v.Value, "\r\n") {
			fmt.Fprintf(b, "%s=%s\n", v.Name, v.Value)
			continue
		}
		end := "RTKMOCK_END"
		for strings.Contains(v.Value, end) {
			end += "_"
		}
		fmt.Fprintf(b, "%s<<%s\n%s\n%s\n", v.Name, end, v.Value, end)
	}
}

// printDotenv quotes only what has to be: docker's reader keeps the quotes.
func printDotenv(b *bytes.Buffer, variables []Variable) error {
	for _, v := range variables {
		value := v.Value
		switch {
		case strings.ContainsAny(value, "\r\n") || strings.Contains(value, "'") && strings.ContainsAny(value, `"#$\`):
			return fmt.Errorf("%w: %s cannot be written to an env file: %q", ErrFormat, v.Name, value)
		case strings.ContainsAny(value, `"#$\`):
			value = "'" + value + "'"
		}
		fmt.Fprintf(b, "%s=%s\n", v.Name, value)
	}
	return nil
}

func (s Settings) printCompose(b *bytes.Buffer) error {
	if err := s.reachable(); err != nil {
		return err
	}
	address := "host-gateway"
	if bound, err := netip.ParseAddrPort(s.Listen); err == nil && !bound.Addr().IsUnspecified() {
		address = bound.Addr().String()
	}
	b.WriteString("# For the service that is tested:\nextra_hosts:\n")
	for _, host := range s.Hosts {
		fmt.Fprintf(b, "  - %s\n", yamlQuoted(host+":"+address))
	}
	fmt.Fprintf(b, "volumes:\n  - %s\n", yamlQuoted(s.Dir+":"+containerDir+":ro"))
	b.WriteString("environment:\n")
	for _, v := range s.inContainer().Variables(nil) {
		fmt.Fprintf(b, "  %s: %s\n", v.Name, yamlQuoted(v.Value))
	}
	return nil
}

// yamlQuoted is a scalar of YAML in a compose file, where $ begins a variable.
func yamlQuoted(s string) string {
	return "'" + strings.NewReplacer("'", "''", "$", "$$").Replace(s) + "'"
}

// inContainer are the settings as a container has them.
func (s Settings) inContainer() Settings {
	return Settings{Way: WayListener, Hosts: s.Hosts, Dir: containerDir, Listen: s.Listen}
}

// reachable returns why containers cannot get to the listener, or nil.
func (s Settings) reachable() error {
	host, port, err := net.SplitHostPort(s.Listen)
	switch {
	case s.Listen == "":
		return fmt.Errorf("%w: containers need a listener on an address that they reach, such as 0.0.0.0:443", ErrFormat)
	case err != nil:
		return fmt.Errorf("%w: the listener %q: %w", ErrFormat, s.Listen, err)
	case port != "443":
		return fmt.Errorf("%w: the listener has port %s, and clients connect to 443", ErrFormat, port)
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Unmap().IsLoopback() {
		return fmt.Errorf("%w: the listener has the address %s, which containers do not reach; want one such as 0.0.0.0:443", ErrFormat, host)
	}
	return nil
}
