//go:build e2e && unix

package checks_test

import (
	"cmp"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A framework receiver is one of a pair: the bug as people report it, or its fix. Check
// ids come with the reason why they fall.
type frameworkReceiver struct {
	Run  []string // {port} and {python} are filled in
	Env  []string
	Path string // of the webhook; empty: /webhook
	// Restarts has a bug restarted during its run, as a fix always is. The others are
	// already there: that takes less time.
	Restarts bool

	Outcome conformance.Outcome // empty: conformant, or not if anything has to fall
	Falls   map[string]string   // has to fall
	Fair    map[string]string   // may fall; an id may be a pattern, as evt/*
	Some    map[string]string   // likewise, and one of them has to: which one is chance
	Says    map[string]string   // what a reason has to say; the id * stands for any

	// Refused receivers accept nothing genuine. The first line of what the report says of
	// it has the cause, and all of it the advice. Both are patterns, of the words that
	// nobody can do without.
	Refused *struct {
		Cause, Advice string
		Cured         *cure // nil: the receiver has to be changed
	}
	KeyOfEarlierRun bool `json:"key_of_earlier_run"` // an earlier run, with another key, has reached it
}

// A cure is what the options of a run have to be for a receiver that refused.
type cure struct {
	Path      string
	Header    map[string]string
	MeetingID string `json:"meeting_id"`
	Events    []rtk.EventType
	OtherKey  bool `json:"other_key"` // the key that the receiver has from elsewhere
}

// TestE2EFrameworks judges receivers in real frameworks, as people write them. They
// are in pairs, the bug and its fix. Every verdict is written down: what has to fall,
// what may, and what an undecided run has to say.
func TestE2EFrameworks(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "frameworks", "receivers.json"))
	assert.NilError(t, err)
	var shards map[string]map[string]frameworkReceiver
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	assert.NilError(t, decoder.Decode(&shards))
	inPairs(t, shards)
	known := checks.All()
	shop := &workshop{t: t}
	for _, shard := range slices.Sorted(maps.Keys(shards)) {
		t.Run(shard, func(t *testing.T) {
			began := time.Now()
			dir := shop.prepare(t, shard)
			t.Logf("shard %s: prepared in %s", shard, time.Since(began).Round(time.Second/10))
			t.Cleanup(func() {
				t.Logf("shard %s: %d receivers in %s", shard, len(shards[shard]), time.Since(began).Round(time.Second/10))
			})
			for name, r := range shards[shard] {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					r.namesOnly(t, known)
					r.judge(t, dir)
				})
			}
		})
	}
}

// inPairs fails the test if a framework has a bug and no fix, or the other way round:
// what falls could come from the framework itself, and what does not, from a check that
// cannot fail.
func inPairs(t *testing.T, shards map[string]map[string]frameworkReceiver) {
	bugs, fixes := map[string]bool{}, map[string]bool{}
	for shard, receivers := range shards {
		for name, r := range receivers {
			framework, _, _ := strings.Cut(name, "/")
			switch {
			case shard == "refusals": // no framework is in these
			case r.Refused != nil || len(r.Falls)+len(r.Some) > 0:
				bugs[framework] = true
			default:
				fixes[framework] = true
			}
		}
	}
	assert.DeepEqual(t, bugs, fixes)
}

// namesOnly fails the test if the table has an id that no check has: nothing would ever
// be compared with it.
func (r frameworkReceiver) namesOnly(t *testing.T, known []*conformance.Check) {
	for _, ids := range []map[string]string{r.Falls, r.Fair, r.Some, r.Says} {
		for pattern := range ids {
			assert.Check(t, slices.ContainsFunc(known, func(c *conformance.Check) bool {
				ok, err := path.Match(pattern, string(c.ID))
				return pattern == "*" || ok && err == nil
			}), "%s is no check", pattern)
		}
	}
}

func (r frameworkReceiver) judge(t *testing.T, dir string) {
	if r.Refused == nil {
		r.compare(t, r.run(t, dir, len(r.Falls)+len(r.Some) == 0 || r.Restarts, nil))
		return
	}
	// The first contact is another one where nothing can restart the target: the
	// outage there must not colour the diagnosis.
	for _, restarts := range []bool{true, false} {
		report := r.run(t, dir, restarts, nil)
		assert.Equal(t, report.Outcome, conformance.Undecided, report.Headline)
		r.compareDiagnosis(t, report, restarts)
	}
	if r.Refused.Cured != nil {
		report := r.run(t, dir, true, r.Refused.Cured)
		assert.Equal(t, report.Outcome, conformance.Conformant, "the cure: %s", report.Headline)
	}
}

// run judges the receiver. With a cure, it only looks whether that lets the run go on.
func (r frameworkReceiver) run(t *testing.T, dir string, restarts bool, c *cure) *conformance.Report {
	b := newBench(t, "")
	other, err := nextKey()
	assert.NilError(t, err)
	pem, err := rtk.NewKeyring(other).PublicPEM()
	assert.NilError(t, err)
	target := startProgram(t, dir, r.Run, slices.Concat(r.Env, []string{
		"PINNED_KEY=" + pem, "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL=" + b.endpoints.KeyURL(),
	}))
	defer target.kill()
	file, err := effects.OpenFile(target.effects)
	assert.NilError(t, err)
	defer file.Close()

	o := b.quick(target.url + cmp.Or(r.Path, "/webhook"))
	// As on the command line: these receivers share two processors.
	o.Timeout, o.WarmUp, o.Quiet, o.EffectsTimeout, o.RetryWaits, o.Parallel = 0, 5*time.Second, 0, 0, nil, 0
	o.Target.Effects, o.Target.Exited = file, target.Exited
	if restarts {
		o.Target.Restart = target
	}
	if r.KeyOfEarlierRun {
		b.endpoints.Keys.Rotate(other)
		earlier := o
		earlier.Seed++ // or the deliveries of the run would be known already
		earlier.Checks = only(t, "ctl/valid-accepted")
		assert.Equal(t, run(t.Context(), t, earlier).Outcome, conformance.Conformant)
		o.Endpoints = newBench(t, "").endpoints
	}
	if c != nil {
		o.Checks = only(t, "ctl/valid-accepted", "sig/raw-bytes", "sig/tampered-byte")
		c.apply(&o, target.url, other)
	}
	return run(t.Context(), t, o)
}

func (c *cure) apply(o *conformance.Options, base string, other *rsa.PrivateKey) {
	if c.OtherKey {
		o.Endpoints.Keys.Rotate(other)
	}
	if c.Path != "" {
		o.Target.URL = base + c.Path
	}
	o.Header = http.Header{}
	for name, value := range c.Header {
		o.Header.Set(name, value)
	}
	o.MeetingID, o.Target.Events = c.MeetingID, c.Events
}

// ofMachine is a check whose note may be about this machine: a receiver that gives a
// fetch a second has three to answer in, and takes longer where many share a processor.
const ofMachine = "key/drip"

// compare holds the verdicts against the table.
func (r frameworkReceiver) compare(t *testing.T, report *conformance.Report) {
	some := len(r.Some) == 0
	for _, v := range report.Verdicts {
		id := string(v.ID)
		fell := v.Status == conformance.Fail || v.Status == conformance.Warn ||
			v.Status == conformance.Note && id != ofMachine
		falls, has := r.Falls[id]
		switch {
		case has:
			assert.Check(t, fell, "%s did not catch it (%s): %s: %s", id, falls, v.Status, v.Reason)
		case fell:
			one := matches(r.Some, id)
			some = some || one
			assert.Check(t, one || matches(r.Fair, id), "%s fell, which is not written down: %s: %s", id, v.Status, v.Reason)
		}
	}
	assert.Check(t, some, "nothing caught it: %s", report.Headline)
	want := cmp.Or(r.Outcome, conformance.Conformant)
	if r.Outcome == "" && len(r.Falls) > 0 {
		want = conformance.Nonconformant
	}
	assert.Check(t, report.Outcome == want, report.Headline)
	for id, text := range r.Says {
		said := slices.ContainsFunc(report.Verdicts, func(v conformance.Verdict) bool {
			return (id == "*" || id == string(v.ID)) && strings.Contains(v.Reason, text)
		})
		assert.Check(t, said, "%s does not say %q", id, text)
	}
}

// matches reports whether one of the patterns is for id.
func matches(patterns map[string]string, id string) bool {
	for pattern := range patterns {
		if ok, err := path.Match(pattern, id); ok && err == nil {
			return true
		}
	}
	return false
}

// says reports whether text has the words of pattern, in large or small letters.
func says(t *testing.T, text, pattern string) bool {
	ok, err := regexp.MatchString("(?is)"+pattern, text)
	assert.NilError(t, err)
	return ok
}

// compareDiagnosis holds what the report says of the first refusal against the table.
func (r frameworkReceiver) compareDiagnosis(t *testing.T, report *conformance.Report, restarts bool) {
	v := report.Verdicts[0]
	assert.Equal(t, string(v.ID), "ctl/valid-accepted")
	first, _, _ := strings.Cut(v.Reason, "\n")
	all := v.Reason + "\n" + v.Fix
	assert.Check(t, says(t, first, r.Refused.Cause) && says(t, all, r.Refused.Advice),
		"restarts %t: want %q and %q in\n%s\n%s", restarts, r.Refused.Cause, r.Refused.Advice, all, report.Headline)
}
