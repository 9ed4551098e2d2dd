package formats

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// point is a test point as a consumer of TAP reads it.
type point struct {
	ok                     bool
	number                 int
	description            string
	directive, explanation string // SKIP or TODO
	diagnostic             map[string]any
}

// fails is how TAP counts: "not ok" is a failure unless it is to do.
func (p point) fails() bool { return !p.ok && p.directive != "TODO" }

var (
	tapPlan  = regexp.MustCompile(`^1\.\.(\d+)( # SKIP .*)?$`)
	tapPoint = regexp.MustCompile(`^(not )?ok (\d+) - (.*)$`)
	// An unescaped number sign begins the directive.
	tapDirective = regexp.MustCompile(`^((?:[^\\#]|\\.)*?) # (SKIP|TODO) (.*)$`)
)

// readTAP reads a stream line by line and fails on whatever version 14 does not
// have.
func readTAP(t *testing.T, text string) []point {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	assert.Equal(t, lines[0], "TAP version 14")
	plan := tapPlan.FindStringSubmatch(lines[1])
	assert.Assert(t, plan != nil, lines[1])
	var points []point
	for i := 2; i < len(lines); i++ {
		line := lines[i]
		switch m := tapPoint.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "# "):
			assert.Assert(t, !strings.HasPrefix(line, "# Subtest"), line)
		case m != nil:
			points = append(points, newPoint(t, m))
		case line == "  ---":
			end := i + 1
			for lines[end] != "  ..." {
				assert.Assert(t, strings.HasPrefix(lines[end], "  "), lines[end])
				end++
			}
			last := &points[len(points)-1]
			assert.NilError(t, yaml.Unmarshal([]byte(strings.Join(lines[i+1:end], "\n")), &last.diagnostic))
			i = end
		default:
			t.Fatalf("no line of TAP: %q", line)
		}
	}
	assert.Equal(t, plan[1], strconv.Itoa(len(points)), "the plan")
	for i, p := range points {
		assert.Equal(t, p.number, i+1)
	}
	return points
}

func newPoint(t *testing.T, m []string) point {
	t.Helper()
	p := point{ok: m[1] == "", description: m[3]}
	p.number, _ = strconv.Atoi(m[2])
	if d := tapDirective.FindStringSubmatch(m[3]); d != nil {
		p.description, p.directive, p.explanation = d[1], d[2], d[3]
	}
	for _, part := range []*string{&p.description, &p.explanation} {
		plain := regexp.MustCompile(`\\(.)`).ReplaceAllString(*part, "$1")
		assert.Assert(t, !regexp.MustCompile(`(^|[^\\])(\\\\)*#`).MatchString(*part), "unescaped number sign in %q", *part)
		*part = plain
	}
	return p
}

func TestTAPShowsNothingAsOkThatDoesNotHold(t *testing.T) {
	for _, c := range []struct {
		status    conformance.Status
		level     conformance.Level
		strict    bool
		ok, fails bool
		directive string
		reason    string
	}{
		{conformance.Pass, conformance.Must, false, true, false, "", "it holds"},
		{conformance.Skip, conformance.Must, false, true, false, "SKIP", "nothing was seen: SKIP says so"},
		{conformance.Fail, conformance.Must, false, false, true, "", "it does not hold"},
		{conformance.Error, conformance.May, false, false, true, "", "the harness failed"},
		{"no-such-status", conformance.May, false, false, true, "", "what is not known is not good"},
		{conformance.Inconclusive, conformance.Gate, false, false, true, "", "a gate that stays open"},
		{conformance.Inconclusive, conformance.Must, false, false, true, "", "a MUST that stays open"},
		{conformance.Inconclusive, conformance.Should, false, false, false, "TODO", "no reason to fail a run, but not ok"},
		{conformance.Warn, conformance.Should, false, false, false, "TODO", "the same"},
		{conformance.Warn, conformance.Should, true, false, true, "", "warnings count as failures"},
		{conformance.Note, conformance.May, true, false, false, "TODO", "a MAY is never a failure"},
	} {
		r := &report.Document{Report: conformance.Report{Outcome: conformance.Conformant, Strict: c.strict}, Checks: []report.CheckResult{{
			Verdict: conformance.Verdict{
				ID: "sig/x", Title: `title # SKIP with \ in it`, Level: c.level, Status: c.status, Reason: "because # TODO of this",
			},
		}}}
		points := readTAP(t, render(t, "tap", r))
		assert.Equal(t, len(points), 1, c.reason)
		p := points[0]
		assert.Equal(t, p.ok, c.ok, c.reason)
		assert.Equal(t, p.fails(), c.fails, c.reason)
		assert.Equal(t, p.directive, c.directive, c.reason)
		assert.Equal(t, p.description, `sig/x: title # SKIP with \ in it`, c.reason)
		if !c.ok {
			assert.Equal(t, p.diagnostic["status"], string(c.status), c.reason)
			assert.Equal(t, p.diagnostic["message"], "because # TODO of this", c.reason)
		}
		if c.directive != "" {
			assert.Assert(t, strings.Contains(p.explanation, "because # TODO of this"), c.reason)
		}
	}
}

func TestTAPSaysWhatNoCheckSays(t *testing.T) {
	for _, c := range []struct {
		report *report.Document
		extra  bool
		reason string
	}{
		{good(t), false, "conformant"},
		{fixture(t), false, "a check says so already"},
		{&report.Document{Report: conformance.Report{Outcome: conformance.Broken, Headline: "the harness failed"}}, true, "no check could be run"},
		{&report.Document{Report: conformance.Report{Outcome: conformance.Undecided, Headline: "interrupted"}, Checks: good(t).Checks}, true, "interrupted"},
	} {
		points := readTAP(t, render(t, "tap", c.report))
		assert.Equal(t, len(points), len(c.report.Checks)+map[bool]int{true: 1}[c.extra], c.reason)
		failed := false
		for _, p := range points {
			failed = failed || p.fails()
		}
		assert.Equal(t, failed, c.report.Outcome != conformance.Conformant, c.reason)
	}
	assert.Equal(t, len(readTAP(t, render(t, "tap", &report.Document{Report: conformance.Report{Outcome: conformance.Conformant}}))), 0)
}

func TestTAPHoldsOnlySoManyCommandLines(t *testing.T) {
	out := render(t, "tap", crowd(400, strings.Repeat("x", 16_000)))
	assert.Assert(t, len(out) < maxTAPCommands+400*10_000, "%d bytes", len(out))
	left := 0
	for _, p := range readTAP(t, out) {
		if strings.Contains(fmt.Sprint(p.diagnostic["note"]), "left out") {
			left++
		}
	}
	assert.Assert(t, left > 0 && left < 400, "%d of 400 command lines are left out", left)
}
