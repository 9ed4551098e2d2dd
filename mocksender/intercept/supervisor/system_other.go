//go:build !linux

package supervisor

import (
	"fmt"
	"os"
	"os/exec"
)

func self() (string, error) { return os.Executable() }

func private(*exec.Cmd) error { return fmt.Errorf("%w: they need Linux", ErrPrivate) }

func prepare(Plan) error { return nil }

func endWithThisThread(*exec.Cmd) {}

// endRest leaves the rest to the program: it ends the group with the supervisor
// that leads it.
func endRest() {}

// endAll ends the group of this process, itself included, so it cleans up first.
func endAll(command *os.Process, folders []string) {
	remove(folders)
	killGroup(command)
}
