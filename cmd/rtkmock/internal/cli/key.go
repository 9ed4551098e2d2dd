package cli

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"os"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxKeyFile bounds what is read of a key file.
const maxKeyFile = 1 << 20

// Sizes of keys that "key new" makes.
const (
	minKeyBits = rtk.KeyBits
	maxKeyBits = 8192
)

// keyLabel stands in the file before the key. PEM readers pass over it.
const keyLabel = "Test key made by rtkmock. Not for production use.\n"

func keyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make and show signing keys",
		Long: `Make and show the keys that sign deliveries. Without --key, the other verbs sign with a
fresh key on each call; a key in a file stays the same.`,
		Example: `  rtkmock key new --out key.pem
  rtkmock key show key.pem
  rtkmock serve --key key.pem`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return usagef("key: it needs a verb, want new or show")
		},
	}
	cmd.AddCommand(keyNewCommand(a), keyShowCommand(a), keyCACommand(a))
	return cmd
}

func keyNewCommand(a *app) *cobra.Command {
	var out string
	var bits int
	var force bool
	cmd := &cobra.Command{
		Use:   "new --out FILE",
		Short: "Make a key and write it to a file",
		Long: `Make an RSA key and write it to a file that its owner alone can read (mode 0600), as
PKCS #8 in PEM. A file that exists is left alone unless --force is given.`,
		Example: `  rtkmock key new --out key.pem
  rtkmock key new --out key.pem --bits 4096 --force`,
		Args:              noMore(0, `"key new"; the file is named by --out`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return a.keyNew(out, bits, force)
		},
	}
	stringFlag(cmd.Flags(), &out, "out", "FILE", "where to write the key")
	countFlag(cmd.Flags(), &bits, "bits", rtk.KeyBits, minKeyBits, maxKeyBits, "size of the key")
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	return cmd
}

func (a *app) keyNew(out string, bits int, force bool) error {
	if out == "" || out == "-" {
		return usagef("key new: found no file to write to, want --out FILE")
	}
	if !force {
		// The write itself does not replace a file either; this only saves the
		// time that a key takes.
		if _, err := os.Lstat(out); err == nil {
			return a.bad("out", "%s: it exists already, want another name or --force", out)
		}
	}
	type result struct {
		key *rsa.PrivateKey
		err error
	}
	made := make(chan result, 1)
	go func() {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		made <- result{key, err}
	}()
	select {
	case <-a.ctx.Done():
		return errInterrupted()
	case r := <-made:
		if r.err != nil {
			return r.err
		}
		return a.keyWrite(out, r.key, force)
	}
}

func (a *app) keyWrite(out string, key *rsa.PrivateKey, force bool) error {
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	fingerprint, err := rtk.Fingerprint(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writeFile(out, append([]byte(keyLabel), pem...), 0o600, force); err != nil {
		return a.bad("out", "%s: %s", out, fileProblem(err))
	}
	a.printf("%s: RSA private key, %d bits, for tests only\nfingerprint %s\n", out, key.N.BitLen(), fingerprint)
	return nil
}

func keyShowCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show the public side of a key file",
		Long: `Show the public key of a private key file: as PEM, as the key document that
/.well-known/webhooks.json answers, and as a fingerprint. Nothing private is shown.`,
		Example: `  rtkmock key show key.pem
  rtkmock key show key.pem --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("key show: found no file, want a private key file in PEM")
			}
			return noMore(1, "the file")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return a.keyShow(args[0], output)
		},
	}
	outputFlag(cmd, &output)
	return cmd
}

func (a *app) keyShow(file, output string) error {
	key, err := readKey(file)
	if err != nil {
		return usagef("%s: %s", file, err)
	}
	publicPEM, err := rtk.PublicPEM(&key.PublicKey)
	if err != nil {
		return err
	}
	document, err := rtk.KeyDocument(publicPEM)
	if err != nil {
		return err
	}
	fingerprint, err := rtk.Fingerprint(&key.PublicKey)
	if err != nil {
		return err
	}
	if output == outputJSON {
		return a.printJSON(struct {
			File        string          `json:"file"`
			Bits        int             `json:"bits"`
			Fingerprint string          `json:"fingerprint"`
			PublicKey   string          `json:"public_key"`
			Document    json.RawMessage `json:"document"`
		}{file, key.N.BitLen(), fingerprint, publicPEM, document})
	}
	a.printf("%s: RSA private key, %d bits\nfingerprint %s\n\npublic key:\n%s\n\nkey document:\n%s\n",
		file, key.N.BitLen(), fingerprint, publicPEM, document)
	return nil
}

// readKey reads a private key file. The error is one clause, without the
// file's name.
func readKey(file string) (*rsa.PrivateKey, error) {
	data, err := readFile(file, maxKeyFile)
	if err != nil {
		return nil, &problem{fileProblem(err)}
	}
	key, err := rtk.ParsePrivateKey(data)
	if err != nil {
		return nil, &problem{plain(err)}
	}
	return key, nil
}

// problem is an error that is a clause and nothing else.
type problem struct{ text string }

func (p *problem) Error() string { return p.text }

// keyFlag adds --key.
func keyFlag(cmd *cobra.Command, fs *pflag.FlagSet, dst *string) {
	stringFlag(fs, dst, "key", "FILE", "sign with the private key in this file; without it, with a fresh key")
	complete(cmd, "key", cobra.FixedCompletions([]cobra.Completion{"pem", "key"}, cobra.ShellCompDirectiveFilterFileExt))
}

// keyring returns the signing key of --key, or one that is being made.
func (a *app) keyring(file string) (*rtk.Keyring, error) {
	if file == "" {
		return rtk.GenerateKeyring(), nil
	}
	key, err := readKey(file)
	if err != nil {
		return nil, a.bad("key", "%s: %s", file, err)
	}
	return rtk.NewKeyring(key), nil
}

// inBackground begins with load. The function it returns waits for the result.
func inBackground[T any](load func() (T, error)) func() (T, error) {
	load = sync.OnceValues(load)
	go load() //nolint:errcheck // whoever waits gets the error
	return load
}

func outputFlag(cmd *cobra.Command, dst *string) {
	choiceFlag(cmd, dst, "output", outputText, []string{outputText, outputJSON}, "form of the result")
}
