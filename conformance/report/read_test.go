package report

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// sameReport compares reports; errors by what they say.
func sameReport() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		// Byte by byte, a long body takes seconds.
		cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 0 }, cmp.Comparer(bytes.Equal)),
		cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
		cmpopts.IgnoreFields(conformance.Check{}, "Run"),
		cmpopts.IgnoreFields(mutation.Mutation{}, "Apply"),
	}
}

// readBack writes r as JSON and reads it.
func readBack(t testing.TB, r *conformance.Report) *Saved {
	t.Helper()
	saved, err := Read(strings.NewReader(write(t, "json", r, Options{Version: "1.2.3"})))
	assert.NilError(t, err)
	return saved
}

// awkward is a report whose parts are hard to keep.
func awkward() *conformance.Report {
	r := fixture()
	r.Strict = true
	r.Took, r.Waited = 1049999600*time.Nanosecond, 9999500*time.Nanosecond
	r.Began = time.Now()
	r.Start = time.Date(2026, 6, 3, 10, 0, 0, 1, time.FixedZone("", 3600))
	long := spaced()
	for i := range long.Attempts {
		q := &long.Attempts[i].Request
		q.Body = []byte(strings.Repeat("0123456789abcdef", maxJSONBody/8))
		q.URL = "http://127.0.0.1:8080/elsewhere?token=" + secretQuery
		q.Header["X-Latin"] = []string{"caf\xe9", "", secretQuery}
		q.Head = []byte("POST /elsewhere?token=" + secretQuery + " HTTP/1.1\r\nHost: x\r\nX-Latin: caf\xe9\r\nAuthorization: Bearer " + secretBearer + "\r\nX-Empty:\r\n\r\n")
		q.Framing = mutation.Framing{Chunked: true, ExpectContinue: true, Pieces: 3, Pause: 1234567, CutAt: 5, FreshConnection: true}
	}
	faulted := accepted("6")
	faulted.Attempts[0].Fault, faulted.Attempts[0].Target = "replace 502", &mocksender.Outcome{Status: 200, Body: []byte("ok")}
	faulted.Attempts[1].Outcome = mocksender.Outcome{Status: 204, Took: 1049500, Header: http.Header{"X-Odd\xff": {"\xfe"}}, Body: []byte("echo " + secretBearer), Truncated: true}
	faulted.Attempts[1].Resent = true
	never := accepted("7")
	never.Attempts, never.Fate = nil, mocksender.Abandoned
	r.Verdicts[1].Evidence = []mocksender.Receipt{long, faulted, never, forgery(), poison(), spaced()}
	r.Verdicts[1].Reason = "it answered \xff\xfe " + secretBearer
	r.Verdicts[1].Took = 1049500
	return r
}

func reports() map[string]*conformance.Report {
	hostile := hostileReport()
	hostile.Verdicts = hostile.Verdicts[:9]
	for _, v := range hostile.Verdicts {
		v.Check.Basis = conformance.Practice
	}
	return map[string]*conformance.Report{
		"fixture": fixture(), "good": good(), "stopped": stopped(), "awkward": awkward(), "hostile": hostile, "expecting": expecting(),
		"empty": {Outcome: conformance.Broken},
	}
}

func TestEveryFormatIsTheSameFromTheJSONAlone(t *testing.T) {
	for name, r := range reports() {
		saved := readBack(t, r)
		assert.Equal(t, saved.Version, "1.2.3")
		assert.DeepEqual(t, saved.Report, hold(r, newRedactor(r), false), sameReport())
		for _, f := range Formats() {
			options := []Options{{Version: "1.2.3"}}
			if f.Name == "text" {
				options = append(options, Options{Verbose: true, Width: 60, Color: true})
			}
			for _, o := range options {
				if want, got := write(t, f.Name, r, o), write(t, f.Name, saved.Report, o); got != want {
					t.Errorf("%s, %s, %+v: %s", name, f.Name, o, cmp.Diff(want, got))
				}
			}
		}
	}
}

// TestTheJSONHoldsWholeReports fills every field there is, so that one which
// is added and not held is found.
func TestTheJSONHoldsWholeReports(t *testing.T) {
	r := &conformance.Report{}
	n := 0
	fill(reflect.ValueOf(r).Elem(), &n)
	r.Outcome = conformance.Nonconformant
	v := &r.Verdicts[0]
	v.Status, v.Check.Level, v.Check.Basis, v.Check.ID, v.Check.From = conformance.Skip, conformance.Should, conformance.Inferred, "a/b", []string{"S9"}
	receipt := &v.Evidence[0]
	receipt.Fate = mocksender.Delivered
	failed := receipt.Attempts[0]
	failed.Outcome.Status, failed.Outcome.Header, failed.Outcome.Body = 0, nil, nil
	failed.Outcome.Err, failed.Outcome.Class = errors.New("refused"), mocksender.ClassRefused
	receipt.Attempts[0].Outcome.Class = ""
	receipt.Attempts = append(receipt.Attempts, failed)
	for _, list := range [][]ledger.Entry{r.Ledger.Worst, r.Ledger.Timeline.Entries} {
		list[0].Fate, list[0].Health = mocksender.Delivered, mocksender.Reduced
	}

	held := hold(r, newRedactor(r), false)
	assert.DeepEqual(t, readBack(t, r).Report, held, sameReport())
	var lost []string
	lacking(reflect.ValueOf(held).Elem(), "", &lost)
	slices.Sort(lost)
	lost = slices.DeleteFunc(lost, func(path string) bool {
		// How a check is run and a delivery is changed is nothing to report.
		return strings.HasPrefix(path, ".Verdicts.Check.") || strings.HasPrefix(path, ".Verdicts.Evidence.Delivery.Mutations.")
	})
	assert.DeepEqual(t, slices.Compact(lost), []string{
		".SecretHeaders", // their values are redacted
		".Verdicts.Evidence.Attempts.Outcome.Body",   // an answer or an error
		".Verdicts.Evidence.Attempts.Outcome.Class",  //
		".Verdicts.Evidence.Attempts.Outcome.Err",    //
		".Verdicts.Evidence.Attempts.Outcome.Header", //
		".Verdicts.Evidence.Attempts.Outcome.Size",   //
		".Verdicts.Evidence.Attempts.Outcome.Status",
		".Verdicts.Evidence.Attempts.Outcome.Truncated",
		".Verdicts.Evidence.Attempts.Target.Body", // the rest of what a fault hid
		".Verdicts.Evidence.Attempts.Target.Err",
		".Verdicts.Evidence.Attempts.Target.Header",
		".Verdicts.Evidence.Attempts.Target.Size",
		".Verdicts.Evidence.Attempts.Target.Took",
		".Verdicts.Evidence.Attempts.Target.Truncated",
		".Verdicts.Evidence.Delivery.Declared",
		".Verdicts.Evidence.Delivery.Event.Body", // in the attempts' requests
		".Verdicts.Evidence.Delivery.Faults",
		".Verdicts.Evidence.Delivery.Header",
		".Verdicts.Evidence.Delivery.MeetingTime",
		".Verdicts.Evidence.Health",
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
	case reflect.Uint64, reflect.Uint, reflect.Uint8:
		v.SetUint(uint64(*n % 100))
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

func TestWhatIsNoReportIsRefusedInOneLine(t *testing.T) {
	valid := write(t, "json", fixture(), Options{})
	replaced := func(old, new string) string {
		assert.Assert(t, strings.Contains(valid, old), old)
		return strings.Replace(valid, old, new, 1)
	}
	for _, c := range []struct{ text, want, reason string }{
		{"", "found nothing, want one JSON value", "an empty file"},
		{"conformant, 2 warnings", "want", "the text form"},
		{`{"version":1}`, "$.assumptions", "nothing but a version"},
		{"[]", "want an object", "another kind of value"},
		{valid[:len(valid)/2], "want", "half a report"},
		{valid + "{}", "want", "two reports"},
		{replaced(`"version": 1,`, `"version": 2,`), "found version 2, want 1", "a form of tomorrow"},
		{replaced(`"version": 1,`, `"version": "\u001b[2J",`), `found version "\u001b[2J", want 1`, "what is special to a terminal"},
		{replaced(`"seed": "18446744073709551615"`, `"seed": "99999999999999999999"`), "$.seed", "a seed that no run has"},
		{replaced(`"status": "fail"`, `"status": "fine"`), "$.checks[1].status", "a status that there is not"},
		{replaced(`"at": "2026`, `"at": "9026-13`), "month out of range", "a time that there is not"},
		{strings.Repeat("[", 100_000), "want", "deep nesting"},
		{replaced(`"bytes": 210`, `"bytes": 1e300`), "report:", "a number beyond all bounds"},
		{write(t, "badge", fixture(), Options{}), "$.", "another of our files"},
	} {
		saved, err := Read(strings.NewReader(c.text))
		assert.ErrorIs(t, err, ErrRead, c.reason)
		assert.ErrorContains(t, err, c.want, c.reason)
		assert.Assert(t, saved == nil, c.reason)
		assert.Assert(t, !strings.Contains(err.Error(), "\n") && len(err.Error()) < 1000, c.reason)
		assertHarmless(t, err.Error())
	}
	_, err := Read(iotest.ErrReader(errors.New("the disk is gone")))
	assert.Error(t, err, "report: read: the disk is gone")
	assert.Assert(t, !errors.Is(err, ErrRead))
}

func TestReadIgnoresMembersThatItDoesNotKnow(t *testing.T) {
	text := strings.Replace(write(t, "json", good(), Options{}), `"complete": true,`, `"complete": true, "tomorrow": [1],`, 1)
	_, err := Read(strings.NewReader(text))
	assert.NilError(t, err)
}

func TestBodiesThatTheJSONHoldsInPartAreNotStoredAsWholeOnes(t *testing.T) {
	saved := readBack(t, awkward())
	text := write(t, "text", saved.Report, Options{Verbose: true, BodyDir: t.TempDir()})
	assert.Assert(t, strings.Contains(text, "BODY stands for a file with the 524288"), text)
}
