package cli

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// prepareCommand makes COMMAND, or what restarts the target in its place, ready
// to be used. Nothing is started yet.
func (a *app) prepareCommand(p *prepared, keys *rtk.Keyring) error {
	f := p.flags
	pem := ""
	if len(f.command.keyPEMEnv) > 0 {
		var err error
		if pem, err = keys.PublicPEM(); err != nil {
			return err
		}
	}
	env := a.commandEnv(&f.command, p.options.Endpoints.KeyURL(), pem, p.port.String())
	if f.command.restart != "" {
		p.options.Target.Restart = &restartCommand{f.command.restart, env, p.ready, f.wait, whereabouts{
			p.url, trustOf(&p.options.Sender, &f.deliveryFlags), p.options.Header, f.proxy,
		}}
	}
	if len(f.command.words) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(a.ctx, time.Second)
	defer cancel()
	if p.ready.look(ctx) == nil {
		return usagef(`test: %s already, before the command is started; end what runs there, or leave the command out to test that`, p.ready.what)
	}
	p.program = &program{ctx: a.ctx, words: f.command.words, env: env, ready: p.ready, limit: f.wait}
	p.options.Target.Restart = p.program
	p.options.Target.Exited = func() (string, string) { return p.program.gone(p.redactor()) }
	return nil
}

// readyTarget starts the target where that is rtkmock's to do, and waits until
// it is ready. The error says that there is nothing to be judged.
func (a *app) readyTarget(p *prepared) error {
	f := p.flags
	if p.program == nil && f.command.waitFor == "" {
		if !a.await(p.url, f.proxy, f.wait) {
			// The run says so in its report, without waiting once more.
			p.options.WarmUp = min(p.options.WarmUp, p.options.Timeout, time.Second)
		}
		return nil
	}
	waiting := time.AfterFunc(time.Second, func() {
		a.logf("rtkmock: waiting up to %s until %s", showDuration(f.wait), p.ready.what)
	})
	defer waiting.Stop()
	if p.program == nil {
		if err := p.ready.wait(a.ctx, f.wait, nil); err != nil && !a.interrupted() {
			return &exitError{ExitInconclusive, &problem{err.Error() + " within " + showDuration(f.wait) + " (--wait-for-target)"}}
		}
		return nil
	}
	if err := p.program.begin(); err != nil {
		return usagef("test: the command: %s", startProblem(f.command.words[0], err))
	}
	err := p.program.await(a.ctx)
	if err == nil || a.interrupted() {
		return nil
	}
	a.showTail(p)
	if p.program.died() != "" {
		return &exitError{ExitInconclusive, &problem{err.Error()}}
	}
	return &exitError{ExitInconclusive, &problem{"the command runs, but " + err.Error() + " within " + showDuration(f.wait) + " (--wait-for-target, --wait-for)"}}
}

// tellOfProgram tells of COMMAND what may explain a run that did not end well,
// and returns how the call ends: err, but for a COMMAND that died unnoticed.
func (a *app) tellOfProgram(p *prepared, err error) error {
	if p.program == nil || a.interrupted() {
		return err
	}
	how := p.program.died()
	if how == "" && err == nil {
		return nil
	}
	a.showTail(p)
	if p.options.Endpoints.KeyServer.Fetches() == 0 && len(p.flags.command.keyPEMEnv) == 0 {
		a.logf("rtkmock: the command has not fetched the key; it found the URL in %s (--key-env)", strings.Join(p.flags.command.keyNames(), ", "))
	}
	if how == "" {
		return err
	}
	a.logf("rtkmock: the command ended during the run (%s)", how)
	if err == nil {
		return exit(ExitInconclusive) // what answered may have been somebody else
	}
	return err
}

// How much of the output of COMMAND is shown.
const (
	tailLines  = 20
	tailColumn = 300
)

// showTail shows the last that COMMAND printed, on standard error.
func (a *app) showTail(p *prepared) {
	n := tailLines
	if p.flags.outputs.verbose {
		n = 1 << 20 // all that is held
	}
	lines := p.program.tail.Lines(n)
	if len(lines) == 0 {
		a.logf("rtkmock: the command has printed nothing")
		return
	}
	a.logf("rtkmock: the last that the command printed:")
	colours := regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")
	hide := p.redactor()
	for _, line := range lines {
		text := []rune(oneLine(hide.Text(colours.ReplaceAllString(line, ""))))
		if len(text) > tailColumn {
			text = append(text[:tailColumn], '…')
		}
		a.logf("  | %s", string(text))
	}
}

// redactor hides what the user gave to be sent and not to be shown: a
// receiver's log may well hold it.
func (p *prepared) redactor() *redact.Redactor {
	secrets := redact.Secrets{Fields: p.flags.secretNames()}
	secrets.AddURL(p.url.String())
	for _, h := range p.flags.header {
		secrets.AddHeader(http.Header{h.name: {h.value}})
	}
	return secrets.Redactor()
}
