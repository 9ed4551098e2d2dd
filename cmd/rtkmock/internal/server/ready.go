package server

import (
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
)

// Ready is what --ready-file and --output json say of a server.
type Ready struct {
	KeyURL     string `json:"key_url,omitempty"`
	URL        string `json:"url"`
	APIURL     string `json:"api_url,omitempty"`
	ControlURL string `json:"control_url,omitempty"`
	EffectsURL string `json:"effects_url,omitempty"`
	PID        int    `json:"pid"`
}

// ReadyFile is the file of --ready-file; empty: there is none.
type ReadyFile string

// Add adds --ready-file.
func (f *ReadyFile) Add(cmd *cobra.Command) {
	flags.String(cmd.Flags(), (*string)(f), "ready-file", "FILE", "write the address to this file as JSON once it answers, and remove the file in the end")
}

// Write writes the file. The caller removes it.
func (f ReadyFile) Write(a *app.App, ready Ready) error {
	if f == "" {
		return nil
	}
	data, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	err = files.Write(string(f), files.Options{Mode: 0o644, Replace: true, Durable: true}, files.Content(append(data, '\n')))
	if err != nil {
		return a.BadFlag("ready-file", "%s: %s", f, files.Problem(err))
	}
	return nil
}

// Remove removes the file.
func (f ReadyFile) Remove() {
	if f != "" {
		os.Remove(string(f))
	}
}
