package test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// awaitTarget starts the target if that is rtkmock's to do, and waits until it is
// ready. The error says that there is nothing to judge.
func (r *run) awaitTarget(ctx context.Context) error {
	switch {
	case r.url == nil:
		return nil
	case r.program != nil:
		return r.startProgram(ctx)
	}
	ready := r.ready
	if r.command.waitFor == "" {
		ready = target.Listening(r.url, r.Sender.Proxy, r.Sender.Dial)
	}
	over := r.countDown(ready)
	err := ready.Wait(ctx, r.Terminal, r.wait, nil)
	over()
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case r.command.waitFor != "":
		return exit.Errorf(exit.Inconclusive, "%w within %s (--wait-for-target)", err, flags.ShowDuration(r.wait))
	}
	// The run says so in its report, without waiting once more.
	r.Notef("%s", err)
	r.unreached = true
	r.judging.WarmUp = min(r.judging.WarmUp, r.judging.Timeout, time.Second)
	return nil
}

// countDown has a bar show what is waited for, and how long, below the line that says so.
// over removes it.
func (r *run) countDown(ready target.Readiness) (over func()) {
	show, end := r.NewProgress(r.progress), time.Now().Add(r.wait)
	waiting := time.AfterFunc(target.NoteAfter, func() {
		show.Step(terminal.Step{Total: len(r.judging.Checks), Text: "until " + ready.What, Until: end})
	})
	return func() {
		waiting.Stop()
		show.Finish()
	}
}

func (r *run) startProgram(ctx context.Context) error {
	if err := r.program.Start(ctx); err != nil {
		return exit.Usagef("test: the command: %w", err)
	}
	began := time.Now()
	waiting, ready := context.WithCancel(ctx)
	defer ready()
	go r.noteElsewhere(waiting)
	err := r.program.AwaitReady(ctx, r.Terminal)
	ready()
	if err == nil || ctx.Err() != nil {
		r.judging.StartUp = time.Since(began)
		r.warnAboutStarts()
		return nil
	}
	r.showTail()
	if r.program.Ended() != "" {
		return exit.Errorf(exit.Inconclusive, "%w%s", err, r.missing())
	}
	fix := r.missing()
	if where := r.elsewhere(); fix == "" && where != "" {
		fix = "; it " + where
	}
	return exit.Errorf(exit.Inconclusive, "the command runs, but %w within %s (--wait-for-target, --wait-for)%s", err, flags.ShowDuration(r.wait), fix)
}

// missing names the variable for the key that the command says it misses, and the command
// that fills it, as the end of a sentence. It is empty if it misses none.
func (r *run) missing() string {
	variable, flag := r.lacks("")
	if flag == "" {
		return ""
	}
	return fmt.Sprintf("; it misses %s: %s", variable, strings.Join(reports.ShellWords(reports.With(r.Program, r.shownArgs(), "--"+flag, variable)), " "))
}

// startIt is the command that starts a target that nobody has started; nil where that
// cannot be.
func (r *run) startIt() []string {
	if !r.unreached || r.command.restart != "" || !target.IsLoopback(r.url.Hostname()) {
		return nil
	}
	return reports.ShellWords(append(reports.With(r.Program, r.shownArgs()), "--", "npm", "start"))
}

// A start that takes this long makes a run much longer.
const slowStart = 3 * time.Second

// warnAboutStarts says in advance how long a run takes that has to wait for the
// command again and again.
func (r *run) warnAboutStarts() {
	once, n := r.judging.StartUp, conformance.Starts(r.judging.Checks)
	if once < slowStart || n == 0 {
		return
	}
	all := once * time.Duration(n)
	r.Warnf("the command took %s to start, and the checks that need a fresh process start it about %d more times: that alone takes about %s; to leave these checks out, start it yourself and give the URL alone",
		flags.ShowDuration(once.Round(time.Second)), n, flags.ShowDuration(all.Round(time.Second)))
}

// explainEnd reports what COMMAND did that may explain a run that did not end
// well. It returns how the call ends: with err, unless COMMAND ended unnoticed.
func (r *run) explainEnd(err error) error {
	if r.program == nil {
		return err
	}
	how := r.program.Ended()
	if how == "" && err == nil {
		return nil
	}
	r.showTail()
	if r.judging.Endpoints.KeyServer.Fetches() == 0 && len(r.command.keyPEMEnv) == 0 {
		r.Notef("the command has not fetched the key; it found the URL in %s (--key-env)%s", strings.Join(r.command.keyNames(), ", "), r.missing())
	}
	if how == "" {
		return err
	}
	r.Notef("the command ended during the run (%s)", how)
	if err == nil {
		return exit.Silent(exit.Inconclusive) // what answered may have been somebody else
	}
	return err
}

// How much of the output of COMMAND is shown.
const (
	tailLines  = 20
	tailColumn = 300
)

// showTail shows on standard error what COMMAND printed last.
func (r *run) showTail() {
	n := tailLines
	if r.reports.Verbose {
		n = 1 << 20 // everything that is held
	}
	lines := r.program.Tail.Lines(n)
	if len(lines) == 0 {
		r.Notef("the command has printed nothing")
		return
	}
	r.Notef("the last that the command printed:")
	colors := regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")
	hide := r.redactor()
	for _, line := range lines {
		r.Logf("  | %s", terminal.Clip(terminal.OneLine(hide.Text(colors.ReplaceAllString(line, ""))), tailColumn))
	}
}

// shownArgs are the words of the command line, without what is not to be shown.
func (r *run) shownArgs() []string {
	hide := r.redactor()
	words := make([]string, len(r.Args))
	for i, w := range r.Args {
		words[i] = hide.Text(w)
	}
	return words
}

// redactor hides what the user gave to be sent and not to be shown: a receiver may
// well log it.
func (r *run) redactor() *redact.Redactor {
	secrets := redact.Secrets{Fields: r.SecretHeaders()}
	if r.url != nil {
		secrets.AddURL(r.url.String())
	}
	secrets.AddHeader(r.Header)
	return secrets.Redactor()
}
