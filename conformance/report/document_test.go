package report_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/schemas"
)

// document is the document of r, with the outcome and the headline that r has.
func document(_ testing.TB, r *conformance.Report) *report.Document {
	judged := *r
	judged.Judge()
	judged.Outcome, judged.Headline = r.Outcome, r.Headline
	return report.New(&judged, "1.2.3")
}

// TestTheModelHoldsWholeRuns fills every field of a run. So it finds a field that
// the model lacks, a member that the schema lacks, and one that is not read.
func TestTheModelHoldsWholeRuns(t *testing.T) {
	r := &conformance.Report{}
	n := 0
	fill(reflect.ValueOf(r).Elem(), &n)
	r.Outcome, r.Known[0].Expires = conformance.Nonconformant, "2026-12-31"
	v := &r.Verdicts[0]
	v.Known.Expires = "2026-12-31"
	v.Status, v.Level, v.Basis, v.ID, v.From = conformance.Skip, conformance.Should, conformance.Inferred, "a/b", []string{"S9"}
	v.FollowsFrom[0].Check = "a/c"
	v.Receipts[0].Fate = mocksender.Delivered
	for _, list := range [][]ledger.Entry{r.Ledger.Worst, r.Ledger.Timeline.Entries} {
		list[0].Fate, list[0].Health = mocksender.Delivered, mocksender.Reduced
	}
	d := document(t, r)
	text := write(t, "json", r, plaintext.Options{})
	assert.NilError(t, schemas.Validate("report", schemas.Strict, []byte(text)))
	read, err := report.Read(strings.NewReader(text))
	assert.NilError(t, err)
	assert.DeepEqual(t, read, d, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(report.Evidence{}))
	var empty []string
	lacking(reflect.ValueOf(d).Elem(), "", &empty)
	slices.Sort(empty)
	assert.DeepEqual(t, slices.Compact(empty), []string{
		".Checks.Evidence.Attempts.Error",               // there is a response
		".Checks.Evidence.Attempts.Request.Body.Base64", // the body is text
		".Checks.Evidence.Attempts.Request.Body.Truncated",
		".Checks.Evidence.Attempts.Request.HeadBase64",
		".Checks.Evidence.Attempts.Request.Header.Exact",
		".Checks.Evidence.Attempts.Response.Body.Base64",
		".Checks.Evidence.Attempts.Response.Header.Exact",
		".Checks.Evidence.Attempts.Unreached",
		".Checks.Verdict.Diagnosis.Flags", // the command has them
		".Checks.Verdict.Receipts",        // they are Evidence
		".Report.SecretHeaders",
		".Report.Summary.Error", // the one check is skipped
		".Report.Summary.Fail",
		".Report.Summary.Inconclusive",
		".Report.Summary.MustNotJudged",
		".Report.Summary.Note",
		".Report.Summary.Pass",
		".Report.Summary.Warn",
		".Report.Verdicts", // they are Checks
	})
}

// fill gives every field below v a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(fixtureStart.Add(time.Duration(*n) * time.Second)))
		return
	case v.Type() == reflect.TypeFor[time.Duration](), v.Type() == reflect.TypeFor[ledger.Millis]():
		v.SetInt(int64(*n) * 1e6)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("word-%d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64, reflect.Uint:
		v.SetUint(uint64(*n % 100))
	case reflect.Uint8: // of a body
		v.SetUint('x')
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	}
}

// lacking collects the paths of the fields that are zero.
func lacking(v reflect.Value, path string, out *[]string) {
	if v.IsZero() {
		*out = append(*out, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		lacking(v.Elem(), path, out)
	case reflect.Slice:
		for i := range v.Len() {
			lacking(v.Index(i), path, out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				lacking(v.Field(i), path+"."+f.Name, out)
			}
		}
	}
}

func TestJSONIsAnInstanceOfItsSchema(t *testing.T) {
	for name, r := range map[string]*conformance.Report{
		"everything": fixture(), "good": good(), "stopped": stopped(), "empty": {Outcome: conformance.Broken},
	} {
		for _, reading := range []schemas.Reading{schemas.Open, schemas.Strict} {
			err := schemas.Validate("report", reading, []byte(write(t, "json", r, plaintext.Options{})))
			assert.NilError(t, err, "%s, %s", name, reading)
		}
	}
}

func TestSchemaRefusesWhatIsNoReport(t *testing.T) {
	valid := write(t, "json", fixture(), plaintext.Options{})
	for _, c := range []struct{ old, new, path, reason string }{
		{`"version": 1`, `"version": 2`, "$.version", "another version is another form"},
		{`"outcome": "nonconformant"`, `"outcome": "green"`, "$.outcome", "there are four outcomes"},
		{`"seed": "18446744073709551615"`, `"seed": 18446744073709551615`, "$.seed", "a number would be read inexactly"},
		{`"status": "fail"`, `"status": "failed"`, "$.checks[1].status", "there are seven statuses"},
		{`"level": "gate"`, `"level": "GATE"`, "$.checks[0].level", "levels are spelt one way"},
		{`"took_ms": 1234.567`, `"took_ms": "1.2s"`, "$.took_ms", "durations are numbers"},
		{`"began": "2026-06-03T11:00:00Z"`, `"began": "yesterday"`, "$.began", "instants are RFC 3339"},
		{`"fate": "delivered"`, `"fate": "lost"`, "$.ledger.timeline.entries[0].fate", "there are five fates"},
		{`"complete": true,`, `"complete": true, "extra": 1,`, "$.extra", "unknown members are refused when read strictly"},
		{`"bytes": 187,`, ``, "$.checks[1].evidence[0].attempts[0].request.bytes", "required members are required"},
	} {
		changed := strings.Replace(valid, c.old, c.new, 1)
		assert.Assert(t, changed != valid, c.old)
		err := schemas.Validate("report", schemas.Strict, []byte(changed))
		assert.ErrorContains(t, err, c.path, c.reason)
	}
}

func TestSchemaDescribesEveryMember(t *testing.T) {
	source, err := schemas.Source("report")
	assert.NilError(t, err)
	var root any
	assert.NilError(t, json.Unmarshal(source, &root))
	members := 0
	var walk func(path string, node any)
	walk = func(path string, node any) {
		object, ok := node.(map[string]any)
		if !ok {
			return
		}
		for key, child := range object {
			walk(path+"/"+key, child)
			properties, ok := child.(map[string]any)
			if key != "properties" || !ok {
				continue
			}
			for name, property := range properties {
				members++
				text, _ := property.(map[string]any)["description"].(string)
				assert.Assert(t, text != "", "%s/%s has no description", path, name)
			}
		}
	}
	walk("", root)
	assert.Assert(t, members > 80, "only %d members were seen", members)
}

func TestADocumentHoldsTheExactBytesThatWereSent(t *testing.T) {
	r := fixture()
	first := document(t, r).Checks[1].Evidence[0].Attempts[0].Request
	assert.DeepEqual(t, first.Content(), r.Verdicts[1].Receipts[0].Attempts[0].Request.Body)
	odd := document(t, r).Checks[6].Evidence[0].Attempts[0].Request
	assert.Assert(t, odd.Text == nil, "it is not UTF-8")
	assert.DeepEqual(t, odd.Content(), r.Verdicts[6].Receipts[0].Attempts[0].Request.Body)
}

func TestADocumentCutsAHugeRequestBodyAndSaysSo(t *testing.T) {
	const limit = 256 << 10
	r := fixture()
	body := strings.Repeat("x", limit+1)
	r.Verdicts[1].Receipts = []mocksender.Receipt{receipt(body, request(body, nil), nil, mocksender.Outcome{Status: 413})}
	got := document(t, r).Checks[1].Evidence[0].Attempts[0].Request
	assert.Equal(t, got.Size, limit+1)
	assert.Equal(t, len(got.Content()), limit)
	assert.Assert(t, got.Truncated)
}

func TestADocumentHoldsAResponseOrAnError(t *testing.T) {
	d := document(t, fixture())
	timeout := d.Checks[4].Evidence[0].Attempts[0]
	assert.Equal(t, timeout.Response.Status, 0)
	assert.Equal(t, timeout.Error.Class, mocksender.ClassTimeout)
	answered := d.Checks[1].Evidence[0].Attempts[0]
	assert.Equal(t, answered.Error, report.Error{})
	assert.Equal(t, answered.Response.Status, http.StatusOK)
}

func TestHeaderNamesThatOnlyBytesTellApartStayApart(t *testing.T) {
	r := fixture()
	odd := http.Header{"x\xff": {"1"}, "x\xfe": {"2"}, "empty": nil}
	r.Verdicts[1].Receipts = []mocksender.Receipt{{Attempts: []mocksender.Attempt{{Request: mocksender.Request{Header: odd}}}}}
	got := document(t, r).Checks[1].Evidence[0].Last().Request
	assert.DeepEqual(t, got.Readable, map[string][]string{"x\uFFFD": {"2", "1"}})
	assert.DeepEqual(t, got.Fields(), http.Header{"x\xff": {"1"}, "x\xfe": {"2"}})
}

func TestEvidenceIsThereOnce(t *testing.T) {
	twice := accepted("a")
	twice.Attempts = slices.Clone(twice.Attempts)
	twice.Attempts[0].At = twice.Attempts[0].At.Add(time.Second)
	never := mocksender.Receipt{}
	r := fixture()
	r.Verdicts[1].Receipts = []mocksender.Receipt{accepted("a"), accepted("b"), accepted("a"), twice, never, never}
	got := document(t, r).Checks[1].Evidence
	assert.Equal(t, len(got), 5, "a twin named twice is one delivery; an id sent twice is two, and so is what was never sent")
}

func TestWeightSaysWhatADemandRestsOn(t *testing.T) {
	for _, c := range []struct {
		check report.CheckResult
		want  string
	}{
		{report.CheckResult{Verdict: conformance.Verdict{Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"}}}, "MUST, S9"},
		{report.CheckResult{Verdict: conformance.Verdict{Level: conformance.Gate, Basis: conformance.Documented, From: []string{"S3", "S6", "S9"}}}, "gate, S3, S6 and S9"},
		{report.CheckResult{Verdict: conformance.Verdict{Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S14"}}}, "SHOULD, inferred from S13 and S14"},
		{report.CheckResult{Verdict: conformance.Verdict{Level: conformance.May, Basis: conformance.Practice}}, "MAY, practice"},
		{report.CheckResult{}, "MAY"},
	} {
		assert.Equal(t, c.check.Weight(), c.want)
	}
}

func TestEveryFormatSaysWhatWasIntercepted(t *testing.T) {
	contact := func(host string, unasked, answered int) conformance.Contact {
		return conformance.Contact{Host: host, Connections: 2, Unasked: unasked, Answered: answered}
	}
	for _, c := range []struct {
		interception *conformance.Interception
		want         string
	}{
		{nil, ""},
		{&conformance.Interception{Way: "hosts"}, ""},
		{&conformance.Interception{Way: "hosts", KeyVariable: "KEY_URL", Contacts: []conformance.Contact{contact("a.example", 1, 2), contact("b.example", 1, 0)}},
			"requests to a.example were answered by rtkmock (hosts); connections to b.example ended without a request: the client trusts certificates of its own"},
		{&conformance.Interception{Way: "environment", HardCoded: true, KeyVariable: "KEY_URL", Contacts: []conformance.Contact{contact("a.example", 1, 2)}},
			"its key URL is hard-coded; requests to a.example were answered by rtkmock (environment); to make it configurable, read it from KEY_URL"},
	} {
		d := report.New(&conformance.Report{Interception: c.interception}, "")
		assert.Equal(t, d.InterceptionText(), c.want)
	}
}
