// Package supervisor starts a command under a process that outlives nobody: it
// ends the command, and all that the command has started, as soon as the
// program that asked for it is gone. Nothing depends on the end of that program
// being orderly.
//
// The supervisor is the program itself, started again. So a program that uses
// this package asks Requested first thing in main:
//
//	func main() {
//		if supervisor.Requested(os.Args) {
//			os.Exit(supervisor.Main())
//		}
//		…
//	}
//
// A program that does not, such as a test binary, must not call Attach.
//
// The two talk over a pipe in each direction. The supervisor reads its Plan from
// standard input, which stays open as long as the program lives. On systems with
// file descriptors to spare it writes on number 3 whether the command was
// started, and how it ended.
//
// On Linux, with the capability CAP_SYS_ADMIN, the command can get a mount
// namespace and a PID namespace of its own: files of the Plan stand in for files
// of the system, there and nowhere else.
package supervisor
