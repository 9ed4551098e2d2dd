package cli

import (
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	listen    listenFlags
	key       string
	fault     wellknown.Fault
	readyFile string
	output    string
}

func serveCommand(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the public key as the service does",
		Long: `Serve /.well-known/webhooks.json, the document with the public key that receivers verify
deliveries with, until interrupted. Each request is noted on standard error. Ending it with
Ctrl-C or SIGTERM is no failure: the exit code is 0.`,
		Example: `  # a stable key at a fixed address
  rtkmock key new --out key.pem
  rtkmock serve --key key.pem --listen 127.0.0.1:9010

  # in a script: any free port, told in a file
  rtkmock serve --key key.pem --ready-file ready.json &

  # a key endpoint that fails
  rtkmock serve --key-fault status-500`,
		Args:              noMore(0, `"serve"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.serve(f) },
	}
	fs := cmd.Flags()
	f.listen.add(fs, "the key endpoint")
	keyFlag(cmd, fs, &f.key)
	keyFaultFlag(cmd, &f.fault)
	readyFlag(cmd, &f.readyFile)
	choiceFlag(cmd, &f.output, "output", outputText, []string{outputText, outputJSON}, "form of the line that tells the address")
	return cmd
}

func keyFaultFlag(cmd *cobra.Command, dst *wellknown.Fault) {
	var names []string
	var completions []cobra.Completion
	for _, f := range wellknown.Faults() {
		names = append(names, f.String())
	}
	parse := func(s string) (wellknown.Fault, error) {
		f, err := wellknown.ParseFault(s)
		if err == nil {
			return f, nil
		}
		if hint := didYouMean(s, names); hint != "" && f.Kind() != wellknown.RedirectCrossHost {
			return "", found(s, "a fault%s", hint)
		}
		return "", &problem{plain(err)}
	}
	show := func(f wellknown.Fault) string {
		if f == wellknown.None {
			return ""
		}
		return f.String()
	}
	cmd.Flags().Var(&value[wellknown.Fault]{dst, "NAME", parse, show}, "key-fault", "answer badly: "+orList(names))
	complete(cmd, "key-fault", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		for _, f := range wellknown.Faults() {
			completions = append(completions, cobra.CompletionWithDesc(f.String(), f.Doc()))
		}
		return completions, cobra.ShellCompDirectiveNoFileComp
	})
}

// ready is what --ready-file and --output json tell of a server.
type ready struct {
	KeyURL     string `json:"key_url,omitempty"`
	URL        string `json:"url"`
	EffectsURL string `json:"effects_url,omitempty"`
	PID        int    `json:"pid"`
}

func (a *app) serve(f serveFlags) error {
	keyring := a.loadKeyring(f.key) // while the address is opened
	face, err := a.listen(f.listen)
	if err != nil {
		return err
	}
	defer face.close()
	keys, err := keyring()
	if err != nil {
		return err
	}
	server := wellknown.New(keys)
	if err := server.SetFault(f.fault); err != nil {
		return a.bad("key-fault", "%s", plain(err))
	}
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, server)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not found; the key document is at "+rtk.KeyDocumentPath, http.StatusNotFound)
	})
	face.serve(a.logged(mux))

	told := ready{KeyURL: face.base + rtk.KeyDocumentPath, URL: face.base, PID: pid()}
	if err := a.tell(f.readyFile, f.output, told, "key URL: "+told.KeyURL); err != nil {
		return err
	}
	defer a.untell(f.readyFile)
	a.hintListen(f.listen)
	<-a.ctx.Done()
	// A request that a fault holds back would hold the end up too.
	_ = server.SetFault(wellknown.None)
	return nil
}
