package reports

import (
	"bytes"
	"context"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// Read reads the JSON report of a run, for a verb or a flag.
func Read(ctx context.Context, a *app.App, who, file string) (*report.Document, error) {
	data, err := a.ReadInput(ctx, who, file, report.MaxDocument)
	if err != nil {
		return nil, err
	}
	d, err := report.Read(bytes.NewReader(data))
	if err != nil {
		return nil, exit.Usagef("%s: %s: %s", who, app.InputName(file), exit.Plain(err))
	}
	return d, nil
}

// Exit is how a run ends the call.
func Exit(d *report.Document) error {
	switch d.Outcome {
	case conformance.Conformant:
		return nil
	case conformance.Nonconformant:
		return exit.Silent(exit.Nonconformant)
	case conformance.Undecided:
		return exit.Silent(exit.Inconclusive)
	}
	for _, c := range d.Checks {
		if c.Status == conformance.Error {
			return exit.Errorf(exit.Harness, "%s: %s", c.ID, c.Reason)
		}
	}
	return exit.Silent(exit.Harness)
}
