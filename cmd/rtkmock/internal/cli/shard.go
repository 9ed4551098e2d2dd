package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"

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
		return shard{}, found(s, "part and parts, such as 1/3")
	}
	return out, nil
}

// split leaves one part of a selection.
func (a *app) split(checks []*conformance.Check, s shard) ([]*conformance.Check, error) {
	if s.of == 0 {
		return checks, nil
	}
	part, err := conformance.Split(checks, s.n, s.of)
	if err != nil {
		return nil, a.bad("shard", "%s", plain(err))
	}
	return part, nil
}

// rerun narrows a selection to what fell short, or stayed open, in a report.
// What a run that ended early did not come to is among that.
func (a *app) rerun(file string, checks []*conformance.Check) ([]*conformance.Check, error) {
	if file == "" {
		return checks, nil
	}
	d, err := a.readReport(a.origin("rerun-failed"), file)
	if err != nil {
		return nil, err
	}
	again := map[conformance.ID]bool{}
	for _, c := range d.Checks {
		switch c.Status {
		case conformance.Fail, conformance.Warn, conformance.Inconclusive, conformance.Error:
			again[c.ID] = true
		case conformance.Skip:
			again[c.ID] = !d.Complete && !c.NotApplicable
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
		return nil, &exitError{ExitNothing, &problem{"test: no selected check fell short, or stayed open, in " + file}}
	}
	a.logf("rtkmock: rerun    %d of %s of %s; --seed %d --start %s sends its deliveries again",
		chosen, countOf(len(d.Checks), "check", "checks"), oneLine(file), d.Seed, d.Start.Format(time.RFC3339Nano))
	return out, nil
}
