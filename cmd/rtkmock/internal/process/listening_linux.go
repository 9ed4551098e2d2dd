package process

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Listening returns the addresses at which the program and what it has started listen,
// by TCP. It is empty where the system does not say so.
func (p *Process) Listening() []netip.AddrPort {
	var out []netip.AddrPort
	sockets := listeners(p.PID())
	for _, pid := range family(p.PID()) {
		folder := fmt.Sprintf("/proc/%d/fd/", pid)
		files, _ := os.ReadDir(folder) // it may have ended
		for _, f := range files {
			link, _ := os.Readlink(folder + f.Name())
			if at, ok := sockets[link]; ok && !slices.Contains(out, at) {
				out = append(out, at)
			}
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return out
}

// family returns a process and all below it.
func family(root int) []int {
	below := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, _ := os.ReadFile("/proc/" + e.Name() + "/stat")
		// "PID (NAME) STATE PARENT …", and NAME may hold anything.
		if fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])); len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			below[parent] = append(below[parent], pid)
		}
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, below[all[i]]...)
	}
	return all
}

// listeners returns the listening sockets that the process pid sees, as links of open
// files name them.
func listeners(pid int) map[string]netip.AddrPort {
	const listens = "0A"
	out := map[string]netip.AddrPort{}
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			// "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …"
			if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[3] == listens {
				if at, ok := tableAddress(fields[1]); ok {
					out["socket:["+fields[9]+"]"] = at
				}
			}
		}
		f.Close()
	}
	return out
}

// tableAddress reads "0100007F:1F90": words of four bytes in the machine's order, and the port.
func tableAddress(text string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	n, failed := strconv.ParseUint(port, 16, 16)
	if err != nil || failed != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}
