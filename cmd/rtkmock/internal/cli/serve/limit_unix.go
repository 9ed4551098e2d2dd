//go:build unix

package serve

import "syscall"

// openFiles returns how many files the process may open, 0 where that is not
// known. The runtime has raised it as far as the system allows.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur) // some systems count with a sign
}
