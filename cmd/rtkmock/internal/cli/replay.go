package cli

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

type replayFlags struct {
	deliveryFlags // header, the connection, key and listen alone
	speed         float64
	concurrency   int
	firstOnly     bool
	output        string
	progress      string
}

func replayCommand(a *app) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE [URL]",
		Short: "Send a recording again, byte for byte",
		Long: `Send each request of a recording once more, byte for byte, and tell which answers differ from
the recorded ones. Recordings come from "rtkmock play --record"; "-" is standard input. Without
a URL each request goes where it went before.

Nothing is signed anew: a receiver can verify only with the key of the recording. If that was a
file (--key when it was recorded), --key serves its public half again. What a fault had kept
from the target is left out, and a retry of the recording is a request of its own, unless
--first-attempts-only leaves retries out. Values that read (redacted) are filled in by --header.

Exit codes: 0 answered as recorded, 1 an answer differs, or is not 2xx where none is recorded,
2 a mistake in the command line or the recording, 3 the target was not reached, 4 rtkmock
failed, 5 nothing to send, 130 interrupted.`,
		Example: `  rtkmock replay weekly.jsonl
  rtkmock replay weekly.jsonl http://localhost:3000/webhook --key key.pem --listen 127.0.0.1:9010
  rtkmock replay weekly.jsonl http://localhost:3000/webhook --concurrency 16 --first-attempts-only
  rtkmock replay weekly.jsonl http://localhost:3000/webhook --speed 1 --header 'X-Api-Key: secret'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("replay: found no recording, want a FILE that \"rtkmock play --record\" has written, or - for standard input")
			}
			return noMore(2, "the URL")(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []cobra.Completion{"jsonl"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return a.replay(args[0], argument(args, 1), &f)
		},
	}
	fs := cmd.Flags()
	heading(cmd, headingTarget, "header")
	f.addHeader(cmd)
	f.addConnection(cmd)
	heading(cmd, headingSent, "speed")
	speedFlag(fs, &f.speed, "speed", "how fast the time of the recording passes: 1 as it was, 60 a minute a second, 0 at once, in the recorded order")
	countFlag(fs, &f.concurrency, "concurrency", 0, 1, highestConcurrency, "requests at a time; without it, 1 at --speed 0, so that the order is kept, and else as many as it takes")
	fs.BoolVar(&f.firstOnly, "first-attempts-only", false, "leave retries out, and send first attempts that a fault had kept from the target")
	heading(cmd, headingOwn, "key")
	keyFlag(cmd, fs, &f.key)
	fs.Lookup("key").Usage = "serve the key in this file while the recording is sent; without it, no key is served"
	f.listen.add(fs, "the key endpoint")
	heading(cmd, headingOutput, "output")
	outputFlag(cmd, &f.output)
	progressFlag(cmd, &f.progress)
	return cmd
}

// replay sends the recording in file to the URL text, or to where it went.
func (a *app) replay(file, text string, f *replayFlags) error {
	options, err := a.senderOptions(&f.deliveryFlags)
	if err != nil {
		return err
	}
	options.Timeout = f.timeout
	run := &replaying{a: a, file: file, result: replayed{Recording: inputName(file), Differences: []replayDifference{}}}
	o := mocksender.ReplayOptions{
		Sender: options, Header: f.headers(), FirstAttemptsOnly: f.firstOnly,
		Speed: f.speed, Concurrency: f.concurrency, OnAttempt: run.attempted,
	}
	if text != "" {
		u, err := parseTarget("replay", text)
		if err != nil {
			return err
		}
		if err := a.guardRemote("replay", u, f.allowRemote); err != nil {
			return err
		}
		o.URL, run.result.URL = u.String(), redact.URL(u.String())
	}
	in, size, err := a.openInput("replay", file)
	if err != nil {
		return err
	}
	defer in.Close()
	if f.key != "" {
		st, err := a.openReplayStation(f)
		if err != nil {
			return err
		}
		defer st.close()
		a.logf("rtkmock: key URL  %s", st.keyURL())
		a.hintListen(f.listen)
	}
	var read atomic.Int64
	run.show = a.newReplayProgress(f.progress, &read, size)
	records := mocksender.ReadRecords(&counted{in, &read})
	if o.URL == "" && !f.allowRemote {
		records = a.guardRecords(records)
	}
	result, err := mocksender.Replay(a.ctx, records, o)
	run.show.finish()
	return run.conclude(result, err, f.output)
}

func (a *app) openReplayStation(f *replayFlags) (*sendStation, error) {
	key, err := readKey(f.key)
	if err != nil {
		return nil, a.bad("key", "%s: %s", f.key, err)
	}
	return a.openSendStation(rtk.NewKeyring(key), f.listen)
}

// counted counts what is read.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// openInput opens a file, or standard input, for reading bit by bit. The size
// is 0 where it is not known.
func (a *app) openInput(verb, file string) (in io.ReadCloser, size int64, err error) {
	if file == stdinName {
		if a.streams.InIsTTY {
			return nil, 0, usagef("%s: standard input is a terminal, want a recording in it", verb)
		}
		return &interruptible{a: a, in: a.streams.In}, 0, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, usagef("%s: %s: %s", verb, oneLine(file), fileProblem(err))
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, size, nil
}

// interruptible is standard input, whose reading ends with the call.
type interruptible struct {
	a    *app
	in   io.Reader
	rest []byte
	done error
}

// chunk is what one read has brought.
type chunk struct {
	data []byte
	err  error
}

func (r *interruptible) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.done != nil {
			return 0, r.done
		}
		if r.in == nil {
			return 0, io.EOF
		}
		read := make(chan chunk, 1)
		go func() {
			data := make([]byte, 64<<10)
			n, err := r.in.Read(data)
			read <- chunk{data[:n], err}
		}()
		select {
		case <-r.a.ctx.Done():
			return 0, r.a.ctx.Err()
		case c := <-read:
			r.rest, r.done = c.data, c.err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (*interruptible) Close() error { return nil }

// guardRecords refuses records that would go out into the world.
func (a *app) guardRecords(records iter.Seq2[mocksender.Record, error]) iter.Seq2[mocksender.Record, error] {
	return func(yield func(mocksender.Record, error) bool) {
		known := map[string]bool{}
		for r, err := range records {
			if u, bad := url.Parse(r.URL); err == nil && bad == nil && !known[u.Host] {
				if err = a.guardRemote("replay", u, false); err == nil {
					known[u.Host] = true
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// replayMistake says what is wrong with a recording, or with how it is to be
// sent.
func replayMistake(file string, err error) error {
	name := oneLine(inputName(file))
	var bad *mocksender.RecordError
	switch {
	case errors.As(err, &bad):
		where := ""
		if bad.Line > 0 {
			where = fmt.Sprintf(":%d", bad.Line)
		}
		if bad.Field != "" {
			where += ": " + bad.Field
		}
		return usagef("replay: %s%s: %s", name, where, oneLine(bad.Msg))
	case errors.Is(err, mocksender.ErrRedacted):
		return usagef("replay: %s: %s; --header 'NAME: VALUE' and the URL fill in what is redacted", name, oneLine(plain(err)))
	case errors.Is(err, mocksender.ErrURL), errors.Is(err, mocksender.ErrOptions):
		return usagef("replay: %s: %s", name, oneLine(plain(err)))
	}
	return usagef("replay: %s: %s", name, oneLine(fileProblem(err)))
}

// answerWord is how an answer is told: its status, or the kind of error.
func answerWord(status int, class mocksender.Class) string {
	if status > 0 {
		return fmt.Sprint(status)
	}
	return string(class)
}

func isSuccess(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}
