package test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
)

// shard is what --shard asks for; the zero value is no shard.
type shard struct{ n, of int }

func (s shard) String() string {
	if s.of == 0 {
		return ""
	}
	return strconv.Itoa(s.n) + "/" + strconv.Itoa(s.of)
}

func parseShard(s string) (shard, error) {
	n, of, ok := strings.Cut(s, "/")
	out := shard{}
	var errs [2]error
	out.n, errs[0] = strconv.Atoi(n)
	out.of, errs[1] = strconv.Atoi(of)
	if !ok || errors.Join(errs[:]...) != nil || out.n < 1 || out.n > out.of {
		return shard{}, flags.Found(s, "part and parts, such as 1/3")
	}
	return out, nil
}

// split leaves one part of a selection.
func (s shard) split(a *app.App, checks []*conformance.Check) ([]*conformance.Check, error) {
	if s.of == 0 {
		return checks, nil
	}
	part, err := conformance.Split(checks, s.n, s.of)
	if err != nil {
		return nil, a.BadFlag("shard", "%s", exit.Plain(err))
	}
	return part, nil
}

// rerun narrows a selection to what failed, or stayed open, in the report of
// --rerun-failed. The checks that a run which ended early did not come to are
// among that.
func (s *selection) rerun(ctx context.Context, a *app.App, checks []*conformance.Check) ([]*conformance.Check, error) {
	if s.rerunFailed == "" {
		return checks, nil
	}
	saved, err := reports.Read(ctx, a, a.Origin("rerun-failed"), s.rerunFailed)
	if err != nil {
		return nil, err
	}
	again := map[conformance.ID]bool{}
	for _, v := range saved.Report.Verdicts {
		switch v.Status {
		case conformance.Fail, conformance.Warn, conformance.Inconclusive, conformance.Error:
			again[v.Check.ID] = true
		case conformance.Skip:
			again[v.Check.ID] = !saved.Report.Complete && !v.NotApplicable
		}
	}
	var out []*conformance.Check
	chosen := 0
	for _, c := range checks {
		if again[c.ID] {
			chosen++
		}
		if again[c.ID] || c.Level == conformance.Gate {
			out = append(out, c)
		}
	}
	if chosen == 0 {
		return nil, exit.Errorf(exit.Nothing, "test: no selected check failed, or stayed open, in %s", s.rerunFailed)
	}
	r := saved.Report
	a.Notef("rerun    %d of %s of %s; --seed %d --start %s sends its deliveries again",
		chosen, terminal.Count(len(r.Verdicts), "check", "checks"), s.rerunFailed, r.Seed, r.Start.Format(time.RFC3339Nano))
	return out, nil
}
