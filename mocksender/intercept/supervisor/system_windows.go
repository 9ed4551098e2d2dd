package supervisor

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
)

// canReport: a third descriptor cannot be handed on.
const canReport = false

func openReports() *reporter { return &reporter{} }

func catchSignals() func(*os.Process) { return func(*os.Process) {} }

func leaveGroup() {}

func await(cmd *exec.Cmd) (code, signal int) {
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return exitNotStarted, 0
	}
	return cmd.ProcessState.ExitCode(), 0
}

// killGroup ends a program and what it has started.
func killGroup(p *os.Process) {
	if exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run() != nil {
		_ = p.Kill()
	}
}
