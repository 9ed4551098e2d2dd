// Command runner runs a command with interception, as rtkmock does, and nothing
// else: the tests are about interception alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/rtkmock/rtkmock/mocksender/intercept"
	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

func main() {
	if supervisor.Requested(os.Args) {
		os.Exit(supervisor.Main())
	}
	os.Exit(run())
}

func run() int {
	var o intercept.Options
	way := flag.String("way", "environment", "")
	say := flag.String("say", "answered", "what the names answer")
	flag.StringVar(&o.Dir, "dir", "", "")
	flag.StringVar(&o.Listen, "listen", "", "")
	flag.BoolVar(&o.Offline, "offline", false, "")
	print := flag.String("print", "", "")
	hold := flag.Bool("hold", false, "stay until standard input ends")
	flag.Parse()
	switch *way {
	case "none":
		return plain(flag.Args())
	case "check":
		if err := intercept.CheckHosts(context.Background()); err != nil {
			return fail(err)
		}
		return 0
	}
	o.Way, o.Environ = intercept.Way(*way), os.Environ()
	o.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%s %s %s\n", *say, r.Host, r.URL.Path)
	})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	i, err := intercept.Start(ctx, o)
	if err != nil {
		return fail(err)
	}
	defer i.Close()
	cleaner := exec.Command("")
	c, err := supervisor.Attach(cleaner, i.Cleaner())
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return fail(err)
	}
	defer func() { c.Close(); _ = cleaner.Wait() }()
	if *print != "" {
		if err := i.Settings().Print(os.Stdout, intercept.Format(*print), os.Environ()); err != nil {
			return fail(err)
		}
	}
	if *hold {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	}
	return command(ctx, i, flag.Args())
}

func command(ctx context.Context, i *intercept.Interception, args []string) int {
	cmd := exec.Command("")
	cmd.Env = i.Environ(os.Environ())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s, err := supervisor.Attach(cmd, i.Plan(args))
	if err != nil {
		return fail(err)
	}
	if err := s.Start(); err != nil {
		return fail(err)
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) })
	defer stop()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return fail(err)
	}
	for _, c := range i.Contacts() {
		fmt.Fprintf(os.Stderr, "%s: %d connections, %d answered, %d forwarded, %d refused\n", c.Host, c.Connections, c.Answered, c.Forwarded, c.Refused)
	}
	return cmd.ProcessState.ExitCode()
}

// plain runs a command without interception, to measure what that adds.
func plain(args []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "runner:", err)
	return 96
}
