package cli

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/schemas"
)

// sampleDuration is the length of the meeting that an event of send belongs
// to. It is short, so that no event of it is old when it starts just before
// now.
const sampleDuration = 2 * time.Minute

// sampleAge is how long ago that meeting starts by default: its last event,
// the summary, is a tenth of the duration after its end.
const sampleAge = sampleDuration + sampleDuration/4

type sendFlags struct {
	deliveryFlags
	forms  []payload.Form
	mutate []string
	dryRun bool
	print  string
	output string
}

func sendCommand(a *app) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send EVENT [URL]",
		Short: "Send one signed event",
		Long: `Send one event of a generated meeting, signed and with the service's headers, and say how
it was answered. Without a URL it goes to the built-in reference receiver.

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
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("send: found no event, want one such as meeting.started")
			}
			return noMore(2, "the URL")(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return words(eventNames()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			event, err := parseEvent(args[0])
			if err != nil {
				return usagef("send: %s", err)
			}
			text := ""
			if len(args) > 1 {
				text = args[1]
			}
			return a.send(event, text, &f)
		},
	}
	fs := cmd.Flags()
	heading(cmd, headingTarget, "header")
	f.addTarget(cmd)
	heading(cmd, headingSent, "set")
	f.addSent(cmd)
	formFlag(cmd, &f.forms)
	fs.Var(&list[string]{dst: &f.mutate, kind: "ID", commas: true, parse: parseMutation}, "mutate", "change the request after signing, such as signature/other-key or body/flip-byte; repeatable")
	heading(cmd, headingRetry, "retry-profile")
	f.retry.add(cmd, true)
	heading(cmd, headingOwn, "key")
	f.addOwn(cmd, "the key endpoint and the download links")
	heading(cmd, headingOutput, "dry-run")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print the request (as --print says, or as HTTP) and send nothing")
	choiceFlag(cmd, &f.print, "print", "", []string{"curl", "http", "json"}, "print the request, too")
	outputFlag(cmd, &f.output)
	complete(cmd, "mutate", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var out []cobra.Completion
		for _, m := range mutation.All(mutation.Options{}) {
			out = append(out, cobra.CompletionWithDesc(m.ID, m.Doc))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// sending is one call of send, made ready.
type sending struct {
	f        *sendFlags
	seed     uint64
	target   *url.URL
	embedded bool
	keyURL   string
	keys     *rtk.Keyring
	server   *wellknown.Server // nil on a dry run
	delivery mocksender.Delivery
}

func (a *app) send(event rtk.EventType, text string, f *sendFlags) error {
	options, err := a.senderOptions(&f.deliveryFlags)
	if err != nil {
		return err
	}
	if options.Retry, err = a.scaledProfile(&f.retry); err != nil {
		return err
	}
	s := &sending{f: f, seed: f.seedOr(), embedded: text == ""}
	if !s.embedded {
		if s.target, err = parseTarget("send", text); err != nil {
			return err
		}
		if err := a.guardRemote("send", s.target, f.allowRemote || f.dryRun); err != nil {
			return err
		}
	}
	if s.keys, err = a.keyring(f.key); err != nil {
		return err
	}
	base := ""
	if !f.dryRun {
		st, err := a.openSendStation(s.keys, f.listen)
		if err != nil {
			return err
		}
		defer st.close()
		s.server, s.keyURL, base = st.keys, st.keyURL(), st.artifactsURL()
		if s.embedded {
			receiver, err := a.openBuiltIn(receivers.Config{KeyURL: s.keyURL}, f.headerNames)
			if err != nil {
				return err
			}
			defer receiver.close()
			s.target = receiver.url
		}
	} else if s.embedded {
		s.target = &url.URL{Scheme: "http", Host: "127.0.0.1:3000", Path: "/webhook"}
	}
	if s.delivery, err = a.makeDelivery(event, s, base); err != nil {
		return err
	}
	return a.dispatch(s, options)
}

// makeDelivery renders the event and applies the user's changes to it.
func (a *app) makeDelivery(event rtk.EventType, s *sending, base string) (mocksender.Delivery, error) {
	f := s.f
	start := f.start
	if start.IsZero() {
		start = time.Now().Add(-sampleAge).Truncate(time.Second)
	}
	e, err := payload.Sample(event, payload.Options{
		Seed: s.seed, Start: start, Duration: sampleDuration, BaseURL: base, MeetingID: f.meetingID, Forms: f.forms,
	})
	if err != nil {
		return mocksender.Delivery{}, usagef("send: %s", plain(err))
	}
	if e.Body, err = a.change(event, e.Body, f); err != nil {
		return mocksender.Delivery{}, err
	}
	ids := rtk.NewIDs(s.seed, "delivery")
	d := mocksender.Delivery{UUID: ids.Next(), WebhookID: f.webhookID, Event: e, Header: f.headers()}
	if d.WebhookID == "" {
		d.WebhookID = rtk.NewIDs(s.seed, "webhook").Next()
	}
	for _, id := range f.mutate {
		m, err := mutation.ByID(mutation.Options{}, id)
		if err != nil {
			return d, a.bad("mutate", "%s", plain(err))
		}
		d.Mutations = append(d.Mutations, m)
	}
	return d, nil
}

// change applies --set and --unset. What then falls short of the schema is
// worth a warning, for it may be what is wanted.
func (a *app) change(event rtk.EventType, body []byte, f *sendFlags) ([]byte, error) {
	var err error
	for _, c := range f.set {
		if body, err = payload.Set(body, c.Path, c.Value); err != nil {
			return nil, a.bad("set", "%s%s", plain(err), didYouMean(c.Path, samplePaths(event)))
		}
	}
	for _, path := range f.unset {
		if body, err = payload.Unset(body, path); err != nil {
			return nil, a.bad("unset", "%s%s", plain(err), didYouMean(path, samplePaths(event)))
		}
	}
	if len(f.set)+len(f.unset) > 0 {
		if _, err := schemas.ValidateEvent(body, schemas.Open); err != nil {
			a.logf("rtkmock: warning: the body is not a valid %s any more: %s", event, oneLine(strings.TrimPrefix(plain(err), string(event)+": ")))
		}
	}
	return body, nil
}

// errDry is what every connection of a dry run fails with.
var errDry = errors.New("nothing is sent")

// dispatch prints the request, sends it and prints what came of it.
func (a *app) dispatch(s *sending, o mocksender.Options) error {
	o.Keys, o.Timeout, o.SelfCheck = s.keys, s.f.timeout, mocksender.SelfCheck
	o.IDs = rtk.NewIDs(s.seed, "spare")
	s.f.retry.into(&o, s.seed)
	if s.f.dryRun {
		if s.f.key == "" {
			a.logf("rtkmock: signed with a fresh key that nobody serves; --key FILE signs with one that a receiver can know")
		}
		o.Retry, o.Faults = mocksender.NoRetry{}, nil
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errDry }
	} else {
		a.logf("rtkmock: key URL  %s", s.keyURL)
		a.logf("rtkmock: seed     %d", s.seed)
	}
	sender, err := mocksender.New(o)
	if err != nil {
		return usagef("send: %s", plain(err))
	}
	defer sender.Close()
	receipt, err := sender.Send(a.ctx, s.target.String(), s.delivery)
	if err != nil {
		if errors.Is(err, mutation.ErrNotApplicable) {
			return a.bad("mutate", "%s", plain(err))
		}
		return err
	}
	if len(receipt.Attempts) > 0 && (s.f.print != "" || s.f.dryRun) {
		if err := a.printRequest(s, receipt.Attempts[0].Request); err != nil {
			return err
		}
	}
	if s.f.dryRun {
		return nil
	}
	return a.printReceipt(s, receipt)
}
