//go:build unix

package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// askGroup asks all processes of the group that p leads to end.
func askGroup(p *os.Process) error { return signalGroup(p, syscall.SIGTERM) }

// killGroup ends them. If that fails, there is no more to do.
func killGroup(p *os.Process) { _ = signalGroup(p, syscall.SIGKILL) }

// killRest ends the processes that the program has left of its group. Its number
// stays taken while one of them is left.
func killRest(p *os.Process) { killGroup(p) }

func signalGroup(p *os.Process, s syscall.Signal) error {
	err := syscall.Kill(-p.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// shell runs a line as people type it.
func shell(line string) []string { return []string{"/bin/sh", "-c", line} }
