package cli

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Paths of the receiver.
const (
	webhookPath    = "/webhook"
	defaultEffects = "/effects"
)

// listFlaws in the place of a flaw prints the names of all.
const listFlaws = "list"

type receiveFlags struct {
	listen    listenFlags
	keyURL    string
	key       string
	flaw      string
	effects   string
	readyFile string
	output    string
	verbose   bool
}

func receiveCommand(a *app) *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "Run a receiver, a good one or one with a flaw",
		Long: `Run the reference receiver until interrupted and print each delivery: the event, its uuid,
whether it verified, and what was answered. It takes deliveries under any path. GET of
/effects?uuid=UUID tells how often a delivery took effect.

It verifies with the key document at --key-url, which rtkmock serves in "serve", "send" and
"test", or with the key in the file --key. --flaw gives it one of the bugs that public
receivers have. Ending it with Ctrl-C or SIGTERM is no failure: the exit code is 0.`,
		Example: `  rtkmock receive --key key.pem --listen 127.0.0.1:3000

  # judged from a second terminal: rtkmock test http://127.0.0.1:3000/webhook --listen 127.0.0.1:9010
  rtkmock receive --key-url http://127.0.0.1:9010/.well-known/webhooks.json --listen 127.0.0.1:3000

  rtkmock receive --key key.pem --flaw reserialises --output json`,
		Args:              noMore(0, `"receive"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if f.flaw == listFlaws {
				return a.listFlaws(f.output)
			}
			return a.receive(f)
		},
	}
	fs := cmd.Flags()
	stringFlag(fs, &f.keyURL, "key-url", "URL", "where to fetch the key document from")
	stringFlag(fs, &f.key, "key", "FILE", "verify with the key in this file, a private or a public one")
	f.listen.add(fs, "the receiver")
	stringFlag(fs, &f.flaw, "flaw", "NAME", "be wrong in one way; list prints the names")
	complete(cmd, "flaw", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		out := []cobra.Completion{cobra.CompletionWithDesc(listFlaws, "print the names of all")}
		for _, flaw := range receivers.All() {
			out = append(out, cobra.CompletionWithDesc(flaw.Name, flaw.Doc))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	f.effects = defaultEffects
	stringFlag(fs, &f.effects, "effects", "PATH", "where the count of effects is served")
	readyFlag(cmd, &f.readyFile)
	choiceFlag(cmd, &f.output, "output", outputText, []string{outputText, outputJSON}, "form of what is printed of deliveries, one line each")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "print bodies, key fetches and downloads, too")
	return cmd
}

func (a *app) receive(f receiveFlags) error {
	config, err := a.receiverConfig(f)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(f.effects, "/") {
		return a.bad("effects", "%s", found(f.effects, "a path such as /effects"))
	}
	config.OnDelivery = func(d receivers.Delivery) { a.printDelivery(d, f) }
	config.Log = func(n receivers.Note) {
		if n.Err != nil {
			a.logf("%s  %s: %s", n.At.Format(time.TimeOnly), oneLine(n.Text), oneLine(plain(n.Err)))
		} else if f.verbose {
			a.logf("%s  %s", n.At.Format(time.TimeOnly), oneLine(n.Text))
		}
	}
	flaw, err := a.findFlaw(f.flaw)
	if err != nil {
		return err
	}
	if flaw.Setup.PublicKey && config.PublicKey == nil {
		return a.bad("flaw", "%s holds its key from the start, want --key FILE", flaw.Name)
	}
	rc := receivers.Reference(config)
	if flaw.Name != "" {
		rc = flaw.New(config)
	}
	defer rc.Close()
	face, err := a.listen(f.listen)
	if err != nil {
		return err
	}
	defer face.close()
	face.ln = rc.Listener(face.ln)
	face.serve(receiverHandler(rc, f.effects))

	told := ready{
		KeyURL:     f.keyURL,
		URL:        face.base + orElse(flaw.Setup.Path, webhookPath),
		EffectsURL: face.base + f.effects + "?uuid={uuid}",
		PID:        pid(),
	}
	// In JSON, each line of standard output is a delivery.
	text := "receiver: " + told.URL
	if f.output == outputJSON {
		a.logf("rtkmock: %s", text)
	} else {
		a.printf("%s\n", text)
	}
	if err := a.writeReady(f.readyFile, told); err != nil {
		return err
	}
	defer a.untell(f.readyFile)
	a.logf("rtkmock: effects:  %s", told.EffectsURL)
	a.explainFlaw(flaw)
	a.hintListen(f.listen)
	<-a.ctx.Done()
	return nil
}

// receiverHandler serves the effects under a path of their own, and deliveries
// under every other.
func receiverHandler(rc *receivers.Receiver, effects string) http.Handler {
	count := rc.EffectsHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == effects {
			count.ServeHTTP(w, r)
			return
		}
		rc.ServeHTTP(w, r)
	})
}

// listFlaws prints what --flaw takes.
func (a *app) listFlaws(output string) error {
	type entry struct {
		Name   string `json:"name"`
		Doc    string `json:"doc"`
		Benign bool   `json:"benign"`
	}
	rows := [][]string{{"NAME", "WHAT IT DOES"}}
	for _, flaw := range receivers.All() {
		if output == outputJSON {
			if err := a.printJSONLine(entry{flaw.Name, flaw.Doc, flaw.Benign()}); err != nil {
				return err
			}
			continue
		}
		doc := flaw.Doc
		if flaw.Benign() {
			doc = "(no flaw) " + doc
		}
		rows = append(rows, []string{flaw.Name, doc})
	}
	if output == outputText {
		a.table(rows)
	}
	return nil
}

// findFlaw returns the flaw called name, or the zero Flaw for none.
func (a *app) findFlaw(name string) (receivers.Flaw, error) {
	if name == "" {
		return receivers.Flaw{}, nil
	}
	var names []string
	for _, flaw := range receivers.All() {
		if flaw.Name == name {
			return flaw, nil
		}
		names = append(names, flaw.Name)
	}
	hint := didYouMean(name, names)
	if hint == "" {
		hint = `; "rtkmock receive --flaw list" lists them`
	}
	return receivers.Flaw{}, a.bad("flaw", "unknown flaw %q%s", name, hint)
}

// explainFlaw says on standard error what the receiver does otherwise, and
// what a run has to be told because of that.
func (a *app) explainFlaw(flaw receivers.Flaw) {
	if flaw.Name == "" {
		return
	}
	a.logf("rtkmock: flaw:     %s: %s", flaw.Name, oneLine(flaw.Doc))
	var asks []string
	for name, values := range flaw.Setup.Header {
		for _, v := range values {
			asks = append(asks, "--header "+shellQuote(name+": "+v))
		}
	}
	for _, ask := range []struct{ flag, value string }{
		{"--meeting-id", flaw.Setup.MeetingID},
		{"--webhook-id", flaw.Setup.WebhookID},
		{"--header-names", string(flaw.Setup.HeaderNames)},
	} {
		if ask.value != "" {
			asks = append(asks, ask.flag+" "+ask.value)
		}
	}
	if len(flaw.Setup.Events) > 0 {
		var names []string
		for _, t := range flaw.Setup.Events {
			names = append(names, string(t))
		}
		asks = append(asks, "--events "+strings.Join(names, ","))
	}
	if len(asks) > 0 {
		a.logf("rtkmock: it asks for %s", strings.Join(asks, " "))
	}
}

// receiverConfig says where the receiver has its key from.
func (a *app) receiverConfig(f receiveFlags) (receivers.Config, error) {
	switch {
	case f.keyURL == "" && f.key == "":
		return receivers.Config{}, usagef("receive: found no key to verify with, want --key FILE, or --key-url such as http://127.0.0.1:9010%s", rtk.KeyDocumentPath)
	case f.keyURL != "" && f.key != "":
		return receivers.Config{}, usagef("receive: found both --key-url and --key, want one of them")
	case f.keyURL != "":
		u, err := url.Parse(f.keyURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
			return receivers.Config{}, a.bad("key-url", "found %q, want one such as http://127.0.0.1:9010%s", redact.Typed(f.keyURL), rtk.KeyDocumentPath)
		}
		return receivers.Config{KeyURL: f.keyURL}, nil
	}
	data, err := readFile(f.key, maxKeyFile)
	if err != nil {
		return receivers.Config{}, a.bad("key", "%s: %s", f.key, fileProblem(err))
	}
	if public, err := rtk.ParsePublicKey(data); err == nil {
		return receivers.Config{PublicKey: public}, nil
	}
	key, err := rtk.ParsePrivateKey(data)
	if err != nil {
		return receivers.Config{}, a.bad("key", "%s: %s", f.key, plain(err))
	}
	return receivers.Config{PublicKey: &key.PublicKey}, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
