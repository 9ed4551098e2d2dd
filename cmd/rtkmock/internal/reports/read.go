package reports

import (
	"bytes"
	"context"
	"fmt"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// Read reads the JSON report of a run, for a verb or a flag.
func Read(ctx context.Context, a *app.App, who, file string) (*report.Saved, error) {
	data, err := a.ReadInput(ctx, who, file, report.MaxReport)
	if err != nil {
		return nil, err
	}
	saved, err := report.Read(bytes.NewReader(data))
	if err != nil {
		return nil, exit.Usagef("%s: %s: %s", who, app.InputName(file), exit.Plain(err))
	}
	return saved, nil
}

// Exit is how a run ends the call.
func Exit(rep *conformance.Report) error {
	switch rep.Outcome {
	case conformance.Conformant:
		return nil
	case conformance.Nonconformant:
		return exit.Silent(exit.Nonconformant)
	case conformance.Undecided:
		return exit.Silent(exit.Inconclusive)
	}
	for _, v := range rep.Verdicts {
		if v.Status == conformance.Error {
			return &exit.Error{Code: exit.Harness, Err: fmt.Errorf("%s: %s", v.Check.ID, v.Reason)}
		}
	}
	return exit.Silent(exit.Harness)
}
