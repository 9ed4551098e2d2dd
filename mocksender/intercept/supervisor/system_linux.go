package supervisor

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// killEvery is how often what is left is looked for: a process may have started
// another one just before its end.
const killEvery = 2 * time.Millisecond

// killLimit bounds how long is waited for processes that hang in the system.
const killLimit = 5 * time.Second

// prSetChildSubreaper is PR_SET_CHILD_SUBREAPER of <linux/prctl.h>.
const prSetChildSubreaper = 36

// self is this program, also where its file has been replaced since.
func self() (string, error) { return "/proc/self/exe", nil }

// private asks for namespaces.
func private(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNS | syscall.CLONE_NEWPID
	return nil
}

func prepare(plan Plan) error {
	if plan.Private != nil {
		if err := plan.Private.mount(); err != nil {
			return errors.New(privately + err.Error())
		}
		return nil // the first process of a PID namespace gets the orphans anyway
	}
	_, _, _ = syscall.Syscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
	return nil
}

// mount makes the file system that the command sees.
func (p *Private) mount() error {
	// What the machine mounts shows here; what is mounted here shows nowhere else.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("a mount namespace of its own: %w", err)
	}
	const harmless = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	if err := syscall.Mount("proc", "/proc", "proc", harmless, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	if err := syscall.Mount("tmpfs", p.Dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=0755,size=16m"); err != nil {
		return fmt.Errorf("mounting %s: %w", p.Dir, err)
	}
	for _, f := range p.Files {
		path := filepath.Join(p.Dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Content, f.Mode); err != nil {
			return err
		}
	}
	for _, b := range p.Binds {
		if err := syscall.Mount(filepath.Join(p.Dir, b.Path), b.Over, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting over %s: %w", b.Over, err)
		}
	}
	return nil
}

// endWithThisThread has the command die with the supervisor, even if the
// supervisor is killed. What the command has started is another matter.
func endWithThisThread(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// endAll ends the command and all that came of it, so that await returns.
func endAll(*os.Process, []string) {
	for {
		killDescendants()
		time.Sleep(killEvery)
	}
}

// endRest ends what the command has left.
func endRest() {
	for end := time.Now().Add(killLimit); time.Now().Before(end); time.Sleep(killEvery) {
		left := killDescendants()
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if err == syscall.ECHILD {
				return
			}
			if pid <= 0 {
				break
			}
		}
		if !left {
			return
		}
	}
}

// killDescendants kills all processes below this one, also those that left its
// group, and reports whether there were any.
func killDescendants() bool {
	if os.Getpid() == 1 {
		return syscall.Kill(-1, syscall.SIGKILL) == nil
	}
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if parent, ok := parentOf(path); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	queue := children[os.Getpid()]
	found := len(queue) > 0
	for len(queue) > 0 {
		_ = syscall.Kill(queue[0], syscall.SIGKILL)
		queue = append(queue[1:], children[queue[0]]...)
	}
	return found
}

// parentOf reads a process's parent from its stat file: "7 (name) S 1 …", where
// the name may hold anything.
func parentOf(path string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil
}
