// Package send is "rtkmock send": it sends one signed event.
package send

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

type options struct {
	*app.App
	delivery.Flags
	mutate []mutation.Mutation
	url    string
	dryRun bool
	print  string
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "send EVENT [URL]",
		Short: "Send one signed event",
		Long: `Send one event of a generated meeting, signed and with the service's headers, and say how
it was answered. Without a URL, here or in rtkmock.yaml, it goes to the built-in reference
receiver.

While it is under way, rtkmock serves the public key at the address that it prints first, so
that the receiver can verify. A receiver that holds the key already needs the same --key.
Retries come after a tenth of the time that the retry profile says (--realtime waits all of
it). The exit code is 1 if the delivery was refused, and 3 if the target was not reached or a
fault of --fault kept its answer away.`,
		Example: `  rtkmock send meeting.started
  rtkmock send meeting.ended http://localhost:3000/webhook --key key.pem --listen 127.0.0.1:9010
  rtkmock send recording.statusUpdate --set recording.status=ERRORED --unset recording.downloadUrl
  rtkmock send meeting.started http://localhost:3000/webhook --mutate signature/other-key
  rtkmock send meeting.ended --fault 'respond 503, attempt=1' --fault 'lose-response, attempt=2'
  rtkmock send meeting.transcript http://localhost:3000/webhook --dry-run --print curl`,
		Args:              command.Args(1, 2, "no event, want one such as meeting.started", "the URL"),
		ValidArgsFunction: command.CompleteFirst(flags.EventNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := target.Settle(o.App, command.Arg(args, 1), o.url)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), args[0], url)
		},
	}
	fs := cmd.Flags()
	flags.Heading(cmd, flags.HeadingTarget, "header")
	o.AddTarget(cmd)
	target.URLFlag(fs, &o.url)
	flags.Heading(cmd, flags.HeadingSent, "set")
	o.AddSent(cmd)
	flags.Forms(cmd, &o.Payload.Forms)
	flags.CommaList(fs, &o.mutate, "mutate", "ID", "change the request after signing, such as signature/other-key or body/flip-byte; repeatable", parseMutation)
	flags.Complete(cmd, "mutate", func(*cobra.Command, []string, string) (out []cobra.Completion, _ cobra.ShellCompDirective) {
		for _, m := range mutation.All(mutation.Options{}) {
			out = append(out, cobra.CompletionWithDesc(m.ID, m.Doc))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	flags.Heading(cmd, flags.HeadingRetry, "retry-profile")
	o.AddRetry(cmd, true)
	flags.Heading(cmd, flags.HeadingServers, "key")
	o.AddServers(cmd, "the key endpoint, the download links and the REST API")
	flags.Heading(cmd, flags.HeadingOutput, "dry-run")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the request (as --print says, or as HTTP) and send nothing")
	flags.Choice(cmd, &o.print, "print", "", []string{"curl", "http", "json"}, "print the request, too")
	flags.Output(cmd, &o.Form, "form of the result")
	flags.First(cmd, "listen", "key", "set", "unset", "mutate", "header", "fault", "print", "dry-run", "output")
	return cmd
}

func parseMutation(s string) (mutation.Mutation, error) {
	return wording.Find("mutation", s, mutation.All(mutation.Options{}), mutationID, "")
}

func mutationID(m mutation.Mutation) string { return m.ID }

// sending is one call of send, made ready.
type sending struct {
	*options
	target   *url.URL
	builtIn  bool
	keys     *rtk.Keyring
	server   *server.KeyServer // nil on a dry run
	delivery mocksender.Delivery
}

func (o *options) run(ctx context.Context, name, text string) error {
	event, err := flags.Event(name)
	if err != nil {
		return exit.Usagef("send: %w", err)
	}
	s := &sending{options: o, builtIn: text == ""}
	if _, err := o.Complete(o.App); err != nil {
		return err
	}
	if !s.builtIn {
		if s.target, err = target.Parse(ctx, "send", text, o.AllowRemote || o.dryRun); err != nil {
			return err
		}
	}
	if s.keys, err = o.Keyring(o.Key); err != nil {
		return err
	}
	closeAll, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	if s.delivery, err = s.makeDelivery(event); err != nil {
		return err
	}
	return s.send(ctx)
}

// open opens rtkmock's own servers, unless nothing is to be sent.
func (s *sending) open(ctx context.Context) (closeAll func(), err error) {
	if s.dryRun {
		if s.builtIn {
			s.target = &url.URL{Scheme: "http", Host: "127.0.0.1:3000", Path: target.WebhookPath}
		}
		return func() {}, nil
	}
	if s.server, err = server.OpenKeyServer(ctx, s.App, s.keys, s.Server); err != nil {
		return nil, err
	}
	s.Degrade(s.server.API, s.server.Artifacts)
	if !s.builtIn {
		return func() { s.server.Close() }, nil
	}
	receiver, err := target.OpenBuiltIn(ctx, receivers.Config{KeyURL: s.server.KeyURL()}, s.Sender.HeaderNames)
	if err != nil {
		s.server.Close()
		return nil, err
	}
	s.target = receiver.URL
	return func() {
		receiver.Close()
		s.server.Close()
	}, nil
}

// meetingLength is the length of the meeting that the event belongs to. It is
// short, so that no event of it is old when it starts just before now.
const meetingLength = 2 * time.Minute

// meetingAge is how long ago that meeting starts by default: its last event, the
// summary, comes a tenth of the length after its end.
const meetingAge = meetingLength + meetingLength/4

// makeDelivery renders the event and applies the user's changes to it.
func (s *sending) makeDelivery(event rtk.EventType) (d mocksender.Delivery, err error) {
	o := s.Payload
	o.Duration = meetingLength
	if o.Start.IsZero() {
		o.Start = time.Now().Add(-meetingAge).Truncate(time.Second)
	}
	if s.server != nil {
		o.BaseURL = s.server.ArtifactsURL()
	}
	d = mocksender.Delivery{UUID: rtk.NewIDs(o.Seed, "delivery").Next(), WebhookID: s.Sender.WebhookID, Header: s.Header, Mutations: s.mutate}
	all, err := payload.Lifecycle(o)
	if err != nil {
		return d, exit.Usagef("send: %s", exit.Plain(err))
	}
	d.Event = payload.SampleOf(all, event)
	made := d.Event.Body
	d.Event.Body, err = s.override(event, made)
	if s.server != nil {
		s.tellAPI(all, made, d.Event)
	}
	return d, err
}

// tellAPI has the API know what has happened up to the event, which was made with
// another body.
func (s *sending) tellAPI(all []rtk.Event, made []byte, sent rtk.Event) {
	at := slices.IndexFunc(all, func(e rtk.Event) bool { return bytes.Equal(e.Body, made) })
	s.server.Happened(s.Overrides)(all[:at]...)
	s.server.API.Learn(sent)
}

// override applies --set and --unset. A body that then breaks the schema is worth
// a warning: it may be what is wanted.
func (s *sending) override(event rtk.EventType, body []byte) ([]byte, error) {
	body, err := s.Overrides.Apply(body)
	var first *payload.OverrideError
	if errors.As(err, &first) {
		flag := "set"
		if first.Unset {
			flag = "unset"
		}
		return nil, s.BadFlag(flag, "%s%s", exit.Plain(first), wording.DidYouMean(first.Path, flags.SamplePaths(event)))
	}
	if len(s.Set)+len(s.Unset) > 0 {
		if _, err := schemas.ValidateEvent(body, schemas.Open); err != nil {
			s.Warnf("the body is not a valid %s any more: %s", event, strings.TrimPrefix(exit.Plain(err), string(event)+": "))
		}
	}
	return body, nil
}

// send prints the request, sends it and prints how it was answered.
func (s *sending) send(ctx context.Context) error {
	o := s.Sender
	o.Keys, o.SelfCheck, o.IDs = s.keys, mocksender.SelfCheck, rtk.NewIDs(s.Payload.Seed, "spare")
	if s.dryRun {
		if s.Key == "" {
			s.Notef("signed with a fresh key that nobody serves; --key FILE signs with one that a receiver can know")
		}
		o.Retry, o.Faults = mocksender.NoRetry{}, nil
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nothing is sent") }
	} else {
		s.Notef("key URL  %s", s.server.KeyURL())
		s.Notef("seed     %d", s.Payload.Seed)
	}
	sender, err := mocksender.New(o)
	if err != nil {
		return exit.Usagef("send: %s", exit.Plain(err))
	}
	defer sender.Close()
	receipt, err := sender.Send(ctx, s.target.String(), s.delivery)
	if errors.Is(err, mutation.ErrNotApplicable) {
		return s.BadFlag("mutate", "%s", exit.Plain(err))
	}
	if err != nil {
		return err
	}
	if len(receipt.Attempts) > 0 && (s.print != "" || s.dryRun) {
		if err := s.printRequest(receipt.Attempts[0].Request); err != nil {
			return err
		}
	}
	if s.dryRun {
		return nil
	}
	return s.printReceipt(receipt)
}
