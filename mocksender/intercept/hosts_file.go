package intercept

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

// The files of a system by which names become addresses.
const (
	hostsPath   = "/etc/hosts"
	switchPath  = "/etc/nsswitch.conf"
	resolvePath = "/etc/resolv.conf"
	cachePath   = "/run/nscd" // the socket of a daemon that reads the system's own files
)

// hostsFile returns the text of an /etc/hosts in which the hosts have this
// address. The old one is kept, but for what it says about them.
func hostsFile(old []byte, hosts []string, address string) []byte {
	var b bytes.Buffer
	for _, host := range hosts {
		b.WriteString(address + "\t" + host + "\n")
	}
	for line := range strings.Lines(string(old)) {
		entry, comment, commented := strings.Cut(line, "#")
		fields := strings.Fields(entry)
		isOurs := func(name string) bool { return slices.Contains(hosts, canonical(name)) }
		if len(fields) > 1 && slices.ContainsFunc(fields[1:], isOurs) {
			line = ""
			if names := slices.DeleteFunc(fields[1:], isOurs); len(names) > 0 {
				line = fields[0] + "\t" + strings.Join(names, " ")
				if commented {
					line += " #" + strings.TrimRight(comment, "\r\n")
				}
				line += "\n"
			}
		}
		b.WriteString(line)
	}
	return b.Bytes()
}

// switchFile returns an /etc/nsswitch.conf that asks the hosts file first: a daemon
// such as systemd-resolved may stand before it, and reads the file of the system.
// With only, nobody is asked but the hosts file and the name servers.
func switchFile(old []byte, only bool) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(old)) {
		entry, _, _ := strings.Cut(line, "#")
		if sources, ok := strings.CutPrefix(strings.TrimSpace(entry), "hosts:"); ok {
			fields := strings.Fields(sources)
			switch {
			case only:
				line = "hosts: files dns\n"
			case len(fields) > 0 && fields[0] != "files":
				line = "hosts: files " + strings.Join(fields, " ") + "\n"
			}
		}
		b.WriteString(line)
	}
	return b.Bytes()
}

// nameFile is a file by which names become addresses, below the private folder,
// and the one whose place it takes.
type nameFile struct {
	path, over string
	content    []byte
}

// nameFiles are the hosts file, and that of the name servers. Where a name is unknown,
// they are replaced: they would know it.
func (i *Interception) nameFiles() []nameFile {
	unknown := i.front.unknown()
	known := slices.DeleteFunc(slices.Clone(i.settings.Hosts), func(host string) bool { return slices.Contains(unknown, host) })
	old, _ := os.ReadFile(hostsPath) // where there is none, mounting says so
	files := []nameFile{{"etc/hosts", hostsPath, hostsFile(old, known, i.address)}}
	if old, err := os.ReadFile(switchPath); err == nil {
		files = append(files, nameFile{"etc/nsswitch.conf", switchPath, switchFile(old, len(unknown) > 0)})
	}
	real, err := filepath.EvalSymlinks(resolvePath)
	if err != nil {
		return files
	}
	servers, err := os.ReadFile(real)
	if err != nil {
		return files
	}
	if len(unknown) > 0 {
		servers = resolveFile(servers, i.nameServer(servers))
	}
	return append(files, nameFile{"etc/resolv.conf", real, servers})
}

// nobody is where no name server can be: it is loopback's broadcast address.
const nobody = "127.255.255.255"

// nameServer returns the address of a server that does not know the unknown names, and
// asks those of conf for the others. It listens from the first call on. Where it cannot,
// no name at all resolves.
func (i *Interception) nameServer(conf []byte) string {
	i.resolving.Do(func() {
		i.resolver = i.address
		r := &resolver{unknown: i.front.unknown, servers: nameServers(conf)}
		if _, err := r.begin(i.life, net.JoinHostPort(i.address, "53")); err != nil {
			i.resolver = nobody
		}
	})
	return i.resolver
}

// Inside says where this process sees the root of the command, such as
// /proc/PID/root, so that SetFault can change the names there. WayHosts only.
func (i *Interception) Inside(root string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.root = root
}

// writeNames has the command see which names are unknown.
func (i *Interception) writeNames() error {
	i.mu.Lock()
	root := i.root
	i.mu.Unlock()
	switch {
	case i.settings.Way == WayHosts && root != "":
		for _, f := range i.nameFiles() {
			// In its place: another file would not be the one that is mounted.
			if err := os.WriteFile(filepath.Join(root, i.dir, f.path), f.content, 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("intercept: %w", err)
			}
		}
	case i.settings.Way == WayEnvironment:
		if unknown := i.front.unknown(); len(unknown) > 0 {
			return writeFiles(i.dir, map[string][]byte{faultFile: []byte(strings.Join(unknown, "\n"))})
		}
		if err := os.Remove(filepath.Join(i.dir, faultFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("intercept: %w", err)
		}
	}
	return nil
}

// private returns what a command of WayHosts sees otherwise than the machine:
// the names, and the certificates of the system.
func (i *Interception) private() *supervisor.Private {
	p := &supervisor.Private{Dir: i.dir}
	add := func(path string, content []byte) {
		p.Files = append(p.Files, supervisor.File{Path: path, Content: content, Mode: 0o644})
	}
	replace := func(path string, content []byte, over string) {
		add(path, content)
		p.Binds = append(p.Binds, supervisor.Bind{Path: path, Over: over})
	}
	for path, content := range i.files {
		add(path, content)
	}
	for _, f := range i.nameFiles() {
		replace(f.path, f.content, f.over)
	}
	if info, err := os.Stat(cachePath); err == nil && info.IsDir() {
		add("nscd/none", nil)
		p.Binds = append(p.Binds, supervisor.Bind{Path: "nscd", Over: cachePath})
	}
	for _, path := range existing(systemBundles()) {
		p.Binds = append(p.Binds, supervisor.Bind{Path: bundleFile, Over: path})
	}
	return p
}

// existing returns the files that there are, each once, by the path that no link
// leads away from.
func existing(paths []string) []string {
	var found []string
	for _, path := range paths {
		real, err := filepath.EvalSymlinks(path)
		if err == nil && !slices.Contains(found, real) {
			found = append(found, real)
		}
	}
	return found
}
