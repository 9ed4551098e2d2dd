package supervisor

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
)

// Main is the supervisor. It returns the exit code of the process: that of the
// command, or 128 more than the number of the signal that ended it.
func Main() int {
	// The command is ended by the system where the thread that started it ends.
	runtime.LockOSThread()
	passOn := catchSignals()
	in := bufio.NewReader(os.Stdin)
	out := openReports()
	var plan Plan
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &plan)
	}
	if err != nil {
		out.send(report{Error: "reading the plan: " + err.Error()})
		return exitNotPrepared
	}
	if err := prepare(plan); err != nil {
		out.send(report{Error: err.Error()})
		return exitNotPrepared
	}
	var gone atomic.Bool
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in)
		gone.Store(true)
		close(over)
	}()
	if len(plan.Args) == 0 {
		leaveGroup()
		out.send(report{})
		<-over
		remove(plan.Remove)
		return 0
	}
	return supervise(plan, passOn, out, over, &gone)
}

// supervise starts the command and stays until nothing of it is left.
func supervise(plan Plan, passOn func(*os.Process), out *reporter, over <-chan struct{}, gone *atomic.Bool) int {
	cmd := exec.Command(plan.Args[0], plan.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	endWithThisThread(cmd)
	if err := cmd.Start(); err != nil {
		r := report{Error: err.Error()}
		errors.As(err, &r.Errno)
		out.send(r)
		return exitNotStarted
	}
	passOn(cmd.Process)
	out.send(report{})
	go func() {
		<-over
		endAll(cmd.Process, plan.Remove)
	}()
	code, signal := await(cmd)
	endRest()
	if gone.Load() {
		remove(plan.Remove)
	}
	out.send(report{Signal: signal})
	return code + signal
}

// remove removes folders. What a dying process still writes there makes the
// first tries fail.
func remove(folders []string) {
	for _, dir := range folders {
		for range 10 {
			if os.RemoveAll(dir) == nil {
				break
			}
		}
	}
}

// reporter writes reports, or throws them away where nobody reads them.
type reporter struct{ w io.Writer }

func (o *reporter) send(r report) {
	if o.w == nil {
		return
	}
	text, err := json.Marshal(r)
	if err == nil {
		_, _ = o.w.Write(append(text, '\n'))
	}
}
