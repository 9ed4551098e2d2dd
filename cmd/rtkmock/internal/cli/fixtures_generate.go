package cli

import (
	"context"
	"crypto/rsa"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

type generateFlags struct {
	fixtureSelection
	out, format, url string
	count            int
	seed             *uint64
	start            time.Time
	key, webhookID   string
	baseURL          string
	force            bool
	progress         string
}

func fixturesGenerateCommand(a *app) *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   "generate --out DIR",
		Short: "Make any number of signed requests",
		Long: `Make signed requests and write them to a folder: whole meetings from start to summary, or with
--case the named cases in turn. They are signed on all cores. Seed, start, key and URL fix
every byte; without them, these are the fixtures' own.

The formats json and http write a file for each request, the others one for all; "-" in place
of the folder is standard output. Beside them, the folder key holds what the requests verify
with. Each file is written whole or not at all, and none is replaced unless --force is given.`,
		Example: `  rtkmock fixtures generate --out testdata --case sample,host-ended-meeting
  rtkmock fixtures generate --out corpus --count 100000 --format jsonl --key key.pem
  rtkmock fixtures generate --out load --count 100000 --format k6 --url http://localhost:3000/webhook
  rtkmock fixtures generate --out - --count 1000 --format vegeta | vegeta attack -format=json -lazy`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("fixtures generate: unexpected %q; the folder is named by --out", args[0])
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.fixturesGenerate(&f) },
	}
	fs := cmd.Flags()
	heading(cmd, "What is made", "event")
	f.add(cmd)
	countFlag(fs, &f.count, "count", 0, 1, corpus.MaxCount, "how many requests; without it, one meeting, or each case once")
	seedFlag(fs, &f.seed, "fixes names, ids and links; without it, 1")
	startFlag(fs, &f.start, "when the first meeting begins; without it, as in the guide's samples")
	keyFlag(cmd, fs, &f.key)
	fs.Lookup("key").Usage = "sign with the private key in this file; without it, with the fixtures' key, which is public"
	urlFlag(cmd, &f.url)
	stringFlag(fs, &f.baseURL, "base-url", "URL", "where the download links lead; without it, to "+payload.DefaultBaseURL+", as in the guide's samples")
	webhookIDFlag(fs, &f.webhookID)
	heading(cmd, headingOutput, "out")
	stringFlag(fs, &f.out, "out", "DIR", "the folder to write to, which is made; - is standard output")
	formatFlag(cmd, &f.format, "json")
	fs.BoolVar(&f.force, "force", false, "replace files that exist")
	outputFlag(cmd, &f.output)
	progressFlag(cmd, &f.progress)
	return cmd
}

// generated is the result of generate in JSON.
type generated struct {
	Out         string    `json:"out"`
	Format      string    `json:"format"`
	Requests    int       `json:"requests"`
	Files       []string  `json:"files"` // of the requests: the form of the names where each has its own
	Seed        uint64    `json:"seed"`
	Start       time.Time `json:"start"`
	URL         string    `json:"url"`
	Fingerprint string    `json:"fingerprint"`
	Public      bool      `json:"test_only_key"` // signed with the fixtures' key
}

// generation is one call of generate, made ready.
type generation struct {
	f      *generateFlags
	corpus *corpus.Corpus
	format corpus.Format
	key    *rsa.PrivateKey
	show   *countProgress
	result generated
	n      int // requests written so far
}

func (a *app) fixturesGenerate(f *generateFlags) error {
	g, err := a.prepareGeneration(f)
	if err != nil {
		return err
	}
	g.show = a.newCountProgress(f.progress, g.corpus.Len(), "request", "requests", "written")
	err = a.writeGeneration(g)
	g.show.finish()
	switch {
	case errors.Is(err, context.Canceled) && a.interrupted():
		if !g.format.Single {
			a.logf("rtkmock: %d of %s are written", g.n, countOf(g.corpus.Len(), "request", "requests"))
		}
		return errInterrupted()
	case err != nil:
		return err
	}
	return a.printGenerated(g)
}

func (a *app) prepareGeneration(f *generateFlags) (*generation, error) {
	g := &generation{f: f, result: generated{Out: f.out, Format: f.format, Seed: 1, Public: f.key == ""}}
	var err error
	if g.format, err = corpus.ParseFormat(f.format); err != nil {
		return nil, err
	}
	switch {
	case f.out == "":
		return nil, usagef("fixtures generate: found no folder to write to, want --out DIR")
	case f.out == stdinName && !g.format.Single:
		return nil, a.bad("out", "the format %s writes a file for each request, want a folder or another --format", f.format)
	case f.out == stdinName && f.output == outputJSON:
		return nil, a.bad("output", "standard output is for the requests, want a folder as --out or no --output json")
	case slices.Contains(f.cases, guideCase):
		return nil, a.bad("case", `the guide has one sample of each event, and no more can be made; "rtkmock fixtures show EVENT/guide" prints it`)
	}
	if g.key, err = a.corpusKey(f.key); err != nil {
		return nil, err
	}
	if f.seed != nil {
		g.result.Seed = *f.seed
	}
	if g.result.URL, err = a.corpusURL("fixtures generate", f.url); err != nil {
		return nil, err
	}
	g.corpus, err = corpus.New(corpus.Options{
		Key: g.key, Seed: g.result.Seed, Start: f.start, Cases: f.cases, Events: f.events, Count: f.count,
		URL: g.result.URL, BaseURL: f.baseURL, WebhookID: f.webhookID,
	})
	if errors.Is(err, corpus.ErrNothing) {
		return nil, &exitError{ExitNothing, &problem{"fixtures generate: no event of --event has a case of --case"}}
	}
	if err != nil {
		return nil, a.badCorpus(err)
	}
	g.result.Start = g.corpus.Start()
	g.result.Requests = g.corpus.Len()
	if g.result.Fingerprint, err = rtk.Fingerprint(&g.key.PublicKey); err != nil {
		return nil, err
	}
	return g, nil
}

// badCorpus names the flag that a corpus cannot be made with. The others have
// been checked.
func (a *app) badCorpus(err error) error {
	if _, why, ok := strings.Cut(err.Error(), corpus.ErrStart.Error()+": "); ok {
		return a.bad("start", "%s", why)
	}
	if _, why, ok := strings.Cut(err.Error(), "BaseURL "); ok {
		return a.bad("base-url", "it %s", why)
	}
	return usagef("fixtures generate: %s", plain(err))
}

// corpusKey returns the key of --key, or the fixtures'.
func (a *app) corpusKey(file string) (*rsa.PrivateKey, error) {
	if file == "" {
		return rtk.ParsePrivateKey(fixtures.PrivateKey())
	}
	key, err := readKey(file)
	if err != nil {
		return nil, a.bad("key", "%s: %s", file, err)
	}
	return key, nil
}

func (a *app) printGenerated(g *generation) error {
	if g.f.out == stdinName {
		return nil
	}
	if g.f.output == outputJSON {
		return a.printJSON(g.result)
	}
	a.printf("%s: %s as %s, seed %d\n", g.f.out, countOf(g.result.Requests, "signed request", "signed requests"), g.f.format, g.result.Seed)
	a.printf("  to %s, in %s\n", redact.Typed(g.result.URL), strings.Join(g.result.Files, " and "))
	what := "the key in " + g.f.key
	if g.result.Public {
		what = "the fixtures' key, which is public: for tests only"
	}
	a.printf("  signed with %s; %s verifies them\n", what, filepath.Join(g.f.out, "key"))
	return nil
}
