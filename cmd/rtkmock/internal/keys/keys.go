// Package keys reads the files of signing keys, and makes a key where none is
// given.
package keys

import (
	"crypto/rsa"
	"errors"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// MaxFile bounds what is read of a file of a key or a certificate.
const MaxFile = 1 << 20

// Usage explains a --key that signs, and that is made where it is missing.
const Usage = "sign with the private key in this file; without it, with a fresh key"

// Flag adds --key.
func Flag(cmd *cobra.Command, dst *string, usage string) {
	flags.File(cmd, dst, "key", "FILE", usage, "pem", "key")
}

// Read reads the file of a private key. The error does not name the file.
func Read(file string) (*rsa.PrivateKey, error) {
	data, err := files.Read(file, MaxFile)
	if err != nil {
		return nil, errors.New(files.Problem(err))
	}
	key, err := rtk.ParsePrivateKey(data)
	if err != nil {
		return nil, errors.New(exit.Plain(err))
	}
	return key, nil
}

// Given returns the private key in the file of --key.
func Given(a *app.App, file string) (*rsa.PrivateKey, error) {
	key, err := Read(file)
	if err != nil {
		return nil, a.BadFlag("key", "%s: %w", file, err)
	}
	return key, nil
}

// Ring returns the signing key of --key, or one that is being made.
func Ring(a *app.App, file string) (*rtk.Keyring, error) {
	if file == "" {
		return a.NewKeyring(), nil
	}
	key, err := Given(a, file)
	if err != nil {
		return nil, err
	}
	return rtk.NewKeyring(key), nil
}
