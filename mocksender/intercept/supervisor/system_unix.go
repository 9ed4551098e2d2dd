//go:build unix

package supervisor

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// canReport: a third descriptor can be handed on.
const canReport = true

// openReports returns where reports go. The command does not inherit it: it
// would keep the pipe open.
func openReports() *reporter {
	syscall.CloseOnExec(3)
	return &reporter{os.NewFile(3, "reports")}
}

// catchSignals has the supervisor outlive what the command is asked by: signals
// go to the group, and the command decides what comes of them. They are caught,
// not ignored: a command would inherit that. passOn gives a command that has
// just been started those that came before it was there.
func catchSignals() (passOn func(command *os.Process)) {
	asking := []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP}
	early, late := make(chan os.Signal, 8), make(chan os.Signal, 1)
	signal.Notify(early, asking...)
	signal.Notify(late, syscall.SIGPIPE)
	return func(command *os.Process) {
		signal.Notify(late, asking...) // nobody reads them
		signal.Stop(early)             // it has got all that came
		for len(early) > 0 {
			_ = command.Signal(<-early)
		}
	}
}

// leaveGroup has a supervisor without a command outlive the group of the program, which
// may be killed as a whole. A command is in a group of its own, with its supervisor.
func leaveGroup() { _ = syscall.Setpgid(0, 0) }

// await waits for the command to end. Orphans of the command are children of
// the supervisor on some systems, and are waited for as well. code is 128 where
// a signal ended it, as shells have it.
func await(cmd *exec.Cmd) (code, signal int) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return exitNotStarted, 0
		case pid != cmd.Process.Pid:
		case status.Signaled():
			return 128, int(status.Signal())
		default:
			return status.ExitStatus(), 0
		}
	}
}
