// Package key is "rtkmock key": it makes and shows signing keys, and prints the
// certificate of the local authority.
package key

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.Group(&cobra.Command{
		Use:   "key",
		Short: "Make and show signing keys",
		Long: `Make and show the keys that sign deliveries. Without --key, the other verbs sign with a
fresh key on each call; a key in a file stays the same.`,
		Example: `  rtkmock key new --out key.pem
  rtkmock key show key.pem
  rtkmock serve --key key.pem`,
	}, newKeyCommand(a), showCommand(a), caCommand(a))
}

type newOptions struct {
	*app.App
	out   string
	bits  int
	fast  bool
	force bool
}

// maxBits bounds the size of a key.
const maxBits = 8192

func newKeyCommand(a *app.App) *cobra.Command {
	o := &newOptions{App: a}
	cmd := &cobra.Command{
		Use:   "new --out FILE",
		Short: "Make a key and write it to a file",
		Long: `Make an RSA key and write it to a file that its owner alone can read (mode 0600), as
PKCS #8 in PEM. A file that exists is left alone unless --force is given.

With --fast, it is a key of 2048 bits with four primes instead of two, for load tests: it signs
in less than half the time. Its public key and its signatures are like any others. Its private
file is for rtkmock alone: other tools may refuse it.`,
		Example: `  rtkmock key new --out key.pem
  rtkmock key new --out key.pem --bits 4096 --force
  rtkmock key new --out load.pem --fast`,
		Args: command.Args(0, 0, "", `"key new"; the file is named by --out`),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	flags.String(cmd.Flags(), &o.out, "out", "FILE", "where to write the key")
	flags.Count(cmd.Flags(), &o.bits, "bits", rtk.KeyBits, rtk.KeyBits, maxBits, "size of the key")
	cmd.Flags().BoolVar(&o.fast, "fast", false, "make a key that signs faster, and that only rtkmock is sure to read")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace a file that exists")
	return cmd
}

func (o *newOptions) run(ctx context.Context) error {
	if o.out == "" || o.out == "-" {
		return exit.Usagef("key new: found no file to write to, want --out FILE")
	}
	if o.fast && o.bits != rtk.KeyBits {
		return o.BadFlag("fast", "found it with a size of %d bits, want %d", o.bits, rtk.KeyBits)
	}
	if _, err := os.Lstat(o.out); err == nil && !o.force {
		// The write does not replace a file either; this saves the time that a key
		// takes.
		return o.BadFlag("out", "%s: it exists already, want another name or --force", o.out)
	}
	var key *rsa.PrivateKey
	var err error
	made := make(chan struct{})
	go func() {
		defer close(made)
		key, err = o.generate()
	}()
	select {
	case <-ctx.Done():
		return exit.ErrInterrupted
	case <-made:
	}
	if err != nil {
		return err
	}
	return o.write(key)
}

func (o *newOptions) generate() (*rsa.PrivateKey, error) {
	if o.fast {
		return rtk.GenerateFastKey()
	}
	return rsa.GenerateKey(rand.Reader, o.bits)
}

// These lines stand in the file before the key. PEM readers pass over them.
const (
	label     = "Test key made by rtkmock. Not for production use.\n"
	fastLabel = "It has four primes, to sign faster. It is for rtkmock alone: other tools may refuse it.\n"
)

func (o *newOptions) write(key *rsa.PrivateKey) error {
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	fingerprint, err := rtk.Fingerprint(&key.PublicKey)
	if err != nil {
		return err
	}
	label := label
	if o.fast {
		label += fastLabel
	}
	err = files.Write(o.out, files.Options{Mode: 0o600, Replace: o.force, Durable: true}, files.Content(label+string(pem)))
	if err != nil {
		return o.BadFlag("out", "%s: %s", o.out, files.Problem(err))
	}
	o.Printf("%s: %s, for tests only\nfingerprint %s\n", o.out, describe(key), fingerprint)
	return nil
}

func describe(key *rsa.PrivateKey) string {
	s := fmt.Sprintf("RSA private key, %d bits", key.N.BitLen())
	if n := len(key.Primes); n > 2 {
		s += fmt.Sprintf(" with %d primes, for rtkmock alone", n)
	}
	return s
}

func showCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "show FILE",
		Short: "Show the public side of a key file",
		Long: `Show the public key of a private key file: as PEM, as the key document that
/.well-known/webhooks.json answers, and as a fingerprint. Nothing private is shown.`,
		Example: `  rtkmock key show key.pem
  rtkmock key show key.pem --output json`,
		Args: command.Args(1, 1, "no file, want a private key file in PEM", "the file"),
		RunE: func(cmd *cobra.Command, args []string) error { return show(cmd.Context(), a, args[0]) },
	})
}

func show(ctx context.Context, a *app.App, file string) error {
	data, err := a.ReadInput(ctx, "", file, app.MaxKeyFile)
	if err != nil {
		return err
	}
	key, err := rtk.ParsePrivateKey(data)
	if err != nil {
		return exit.Usagef("%s: %s", file, exit.Plain(err))
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
	side := struct {
		File        string          `json:"file"`
		Bits        int             `json:"bits"`
		Fingerprint string          `json:"fingerprint"`
		PublicKey   string          `json:"public_key"`
		Document    json.RawMessage `json:"document"`
	}{file, key.N.BitLen(), fingerprint, publicPEM, document}
	return a.Result(side, func() {
		a.Printf("%s: %s\nfingerprint %s\n\npublic key:\n%s\n\nkey document:\n%s\n", file, describe(key), fingerprint, publicPEM, document)
	})
}

func caCommand(a *app.App) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of the local authority",
		Long: `Print the certificate of the local authority that signs for "serve --tls", in PEM, and make
the authority if there is none. Clients that trust it trust those servers.`,
		Example: `  rtkmock key ca > rtkmock-ca.pem
  NODE_EXTRA_CA_CERTS=rtkmock-ca.pem node app.js`,
		Args: command.Args(0, 0, "", `"ca"`),
		RunE: func(*cobra.Command, []string) error {
			ca, err := server.LocalCA(a, "state", state)
			if err != nil {
				return err
			}
			a.Notef("%s", ca.Path)
			a.Notef("%s", server.TrustHint(ca.Path))
			a.Printf("%s", ca.PEM)
			return nil
		},
	}
	flags.String(cmd.Flags(), &state, "state", "DIR", "the folder of serve's --state, whose authority is its own")
	return cmd
}
