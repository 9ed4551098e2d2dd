package supervisor

import (
	"io/fs"
	"syscall"
)

// Plan says what a supervisor does. It is plain data: the program writes it as
// JSON to the supervisor's standard input.
type Plan struct {
	// Args are the command and its arguments. Its environment and folder are the
	// supervisor's own; its standard input is empty. None: no command is started,
	// and the supervisor waits for the end of the program that started it.
	Args []string `json:"args,omitempty"`
	// Remove are folders that the supervisor removes when the program that
	// started it has gone. A program that is still there removes them itself.
	Remove []string `json:"remove,omitempty"`
	// Private gives the command namespaces of its own. Linux only.
	Private *Private `json:"private,omitempty"`
}

// Private says what the command sees otherwise than the rest of the machine.
type Private struct {
	// Dir is an existing folder. A file system in memory is mounted over it, so
	// that Files never get to a disk, and end with the command.
	Dir   string `json:"dir"`
	Files []File `json:"files,omitempty"`
	Binds []Bind `json:"binds,omitempty"`
}

// File is a file below Private.Dir.
type File struct {
	Path    string      `json:"path"` // relative, with slashes
	Content []byte      `json:"content"`
	Mode    fs.FileMode `json:"mode"`
}

// Bind puts a file or folder below Private.Dir in the place of another.
type Bind struct {
	Path string `json:"path"` // relative to Private.Dir
	Over string `json:"over"` // absolute, exists
}

// report is what the supervisor writes, a line each: the first once it has
// carried out the plan, or could not; the second once the command has ended.
type report struct {
	Error  string        `json:"error,omitempty"`
	Errno  syscall.Errno `json:"errno,omitempty"`  // why the command could not be started, if that is the system's
	Signal int           `json:"signal,omitempty"` // 0: it ended by itself
}

// name is what the supervisor's arguments begin with. It shows in lists of
// processes, and nobody calls a program by it.
const name = "rtkmock: supervisor"

// Exit codes of the supervisor where there is none of a command, as env(1) and
// docker(1) have them.
const (
	exitNotPrepared = 125
	exitNotStarted  = 127
)

// Requested reports whether a program was started as a supervisor: then it
// exits with what Main returns, and does nothing else.
func Requested(args []string) bool { return len(args) == 1 && args[0] == name }
