//go:build !unix

package process

import (
	"os"
	"os/exec"
	"strconv"
)

func ownGroup(*exec.Cmd) {}

// There is no signal that asks, so both kill the program and its children.
func askGroup(p *os.Process) error {
	killGroup(p)
	return nil
}

func killGroup(p *os.Process) {
	if exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run() != nil {
		_ = p.Kill()
	}
}

// killRest does nothing: the children of a program that has ended cannot be found
// by its number.
func killRest(*os.Process) {}

// shell runs a line as people type it.
func shell(line string) []string { return []string{"cmd", "/C", line} }
