package recording_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// readAll returns the records of text, and the first error.
func readAll(text string) (all []recording.Record, err error) {
	for r, err := range recording.Read(strings.NewReader(text)) {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

func line(t testing.TB, r recording.Record) string {
	t.Helper()
	b, err := r.AppendJSON(nil)
	assert.NilError(t, err)
	return string(b)
}

// sameRecord ignores what is not written: the line, and nil against empty.
var sameRecord = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(recording.Record{}, "Line")}

func TestRecordHasTheDocumentedForm(t *testing.T) {
	at := time.Date(2026, 6, 3, 10, 0, 0, 1, time.UTC)
	for _, tc := range []struct {
		reason string
		record recording.Record
		want   string
	}{
		{"a fixture needs no more", recording.Record{
			Method: "POST", URL: "http://h/", Header: http.Header{"rtk-uuid": {"u"}, "Content-Type": {"application/json"}},
			Body: []byte(`{"event":"meeting.started"}`),
		}, `{"method":"POST","url":"http://h/","headers":{"Content-Type":"application/json","rtk-uuid":"u"},"body":"{\"event\":\"meeting.started\"}"}`},
		{"nothing is nothing", recording.Record{Method: "GET"},
			`{"method":"GET","url":"","headers":{},"body":""}`},
		{"repeated lines, none, and bytes that are not UTF-8", recording.Record{
			Method: "POST", Header: http.Header{"B": {"1", "2"}, "A": {}, "a": {"\xff"}}, Body: []byte("\xfe\xff"),
		}, `{"method":"POST","url":"","headers":{"A":[],"B":["1","2"],"a":{"base64":"/w=="}},"body_base64":"/v8="}`},
		{"what a terminal obeys is escaped", recording.Record{
			Method: "POST", Body: []byte("\u009b2J \u202eabc\u202c \u2066x \ufeff \U000e0041 é"),
		}, `{"method":"POST","url":"","headers":{},"body":"\u009b2J \u202eabc\u202c \u2066x \ufeff \udb40\udc41 é"}`},
		{"control characters and line separators are escaped", recording.Record{
			Method: "POST", Body: []byte("\"\\\n\r\t\x00\x7f\u2028\u2029\u2027é€😀"),
		}, `{"method":"POST","url":"","headers":{},"body":"\"\\\n\r\t\u0000\u007f\u2028\u2029` + "\u2027é€😀" + `"}`},
		{"all of it", recording.Record{
			Method: "POST",
			Framing: mutation.Framing{
				Chunked: true, ExpectContinue: true, Pieces: 2, Pause: 1500 * time.Microsecond, CutAt: 3, FreshConnection: true,
			},
			Delivery: &recording.Delivery{
				UUID: "u", WebhookID: "w", Event: rtk.MeetingEnded, Attempt: 2, Mutations: []string{"body/flip-byte"},
				Fault: "lose-response", Unreached: true, Resent: true, At: at, MeetingTime: at.Add(time.Hour),
			},
			Outcome: &recording.Outcome{Class: "reset", Message: "cut", Took: 1},
			Target: &recording.Outcome{
				Status: 200, Took: time.Minute, Header: http.Header{"X": {"y"}}, Body: []byte("ok"), Truncated: true,
			},
		}, `{"method":"POST","url":"","headers":{},"body":"",` +
			`"framing":{"chunked":true,"expect_continue":true,"pieces":2,"pause_ms":1.5,"cut_at":3,"fresh_connection":true},` +
			`"delivery":{"uuid":"u","webhook_id":"w","event":"meeting.ended","attempt":2,"genuine":false,"mutations":["body/flip-byte"],` +
			`"fault":"lose-response","unreached":true,"resent":true,"at":"2026-06-03T10:00:00.000000001Z","meeting_time":"2026-06-03T11:00:00.000000001Z"},` +
			`"outcome":{"error":{"class":"reset","message":"cut"},"took_ms":0.000001},` +
			`"target":{"status":200,"took_ms":60000,"headers":{"X":"y"},"body":"ok","truncated":true}}`},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			got := line(t, tc.record)
			assert.Equal(t, got, tc.want)
			back, err := readAll(got)
			assert.NilError(t, err)
			assert.DeepEqual(t, back, []recording.Record{tc.record}, sameRecord)
		})
	}
}

func TestRecordComesBackExactly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		want := anyRecord(rng)
		text := line(t, want)
		assert.Assert(t, json.Valid([]byte(text)), text)
		assert.Assert(t, !strings.ContainsAny(text, "\n\u2028\u2029\u009b\u202e"), text)
		got, err := readAll(text + "\n")
		assert.NilError(t, err, text)
		assert.DeepEqual(t, got, []recording.Record{want}, sameRecord)
		assert.Equal(t, line(t, got[0]), text)
	}
}

// anyRecord returns a record with anything in it.
func anyRecord(rng *rand.Rand) recording.Record {
	r := recording.Record{
		Method: pick(rng, "POST", "GET", "x"), URL: anyText(rng, 20), Body: []byte(anyText(rng, 300)),
		Header: http.Header{},
	}
	for range rng.IntN(6) {
		var values []string
		for range rng.IntN(4) {
			values = append(values, strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(anyText(rng, 30)))
		}
		r.Header[pick(rng, "rtk-uuid", "Rtk-Uuid", "x", "X-Long-Name", "content-type", "!#$%&'*+-.^_`|~")] = values
	}
	if rng.IntN(2) == 0 {
		r.Framing = mutation.Framing{
			Chunked: rng.IntN(2) == 0, ExpectContinue: rng.IntN(2) == 0, FreshConnection: rng.IntN(2) == 0,
			Pieces: rng.IntN(9), CutAt: rng.IntN(9), Pause: anyDuration(rng),
		}
	}
	if rng.IntN(2) == 0 {
		r.Delivery = &recording.Delivery{
			UUID: anyText(rng, 9), WebhookID: anyText(rng, 9), Event: rtk.EventType(anyText(rng, 9)),
			Attempt: rng.IntN(9), Genuine: rng.IntN(2) == 0, Fault: anyText(rng, 9),
			Unreached: rng.IntN(2) == 0, Resent: rng.IntN(2) == 0,
			At: time.Unix(rng.Int64N(4e9), rng.Int64N(1e9)).UTC(),
		}
		for range rng.IntN(3) {
			r.Delivery.Mutations = append(r.Delivery.Mutations, anyText(rng, 9))
		}
	}
	if rng.IntN(2) == 0 {
		r.Outcome = &recording.Outcome{
			Status: 100 + rng.IntN(900), Took: anyDuration(rng), Body: []byte(anyText(rng, 30)), Truncated: rng.IntN(2) == 0,
			Header: http.Header{"X": {anyText(rng, 30)}},
		}
	}
	if rng.IntN(2) == 0 {
		r.Target = &recording.Outcome{Class: "timeout", Message: anyText(rng, 30), Took: anyDuration(rng)}
	}
	return r
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func anyDuration(rng *rand.Rand) time.Duration {
	return time.Duration(rng.Int64() >> rng.IntN(63))
}

func anyText(rng *rand.Rand, limit int) string {
	var b strings.Builder
	for range rng.IntN(limit) {
		switch rng.IntN(8) {
		case 0:
			b.WriteByte(byte(rng.IntN(256)))
		case 1:
			b.WriteString(pick(rng, `"`, `\`, "\n", "\u2028", "\u009b", "\u202e", "\U000e0041", "\u2029", "é", "\ufffd", "\U0001f600", "\x00", `\u`))
		default:
			b.WriteByte(byte(' ' + rng.IntN(95)))
		}
	}
	return b.String()
}

func TestWhatTheFormCannotHoldIsRefused(t *testing.T) {
	for _, tc := range []struct {
		reason, want string
		record       recording.Record
	}{
		{"a method that is none", `method: "" is not a method`, recording.Record{}},
		{"a name that splits the header", `headers: the header name "a b" is not a token`,
			recording.Record{Method: "X", Header: http.Header{"a b": {"x"}}}},
		{"a value that splits the header", "headers: the value of the header a holds a line break",
			recording.Record{Method: "X", Header: http.Header{"a": {"x\ny"}}}},
		{"time that runs backwards", "took_ms: -1ns is negative",
			recording.Record{Method: "X", Outcome: &recording.Outcome{Took: -1}}},
		{"an attempt before the first", "attempt: -1 is negative",
			recording.Record{Method: "X", Delivery: &recording.Delivery{Attempt: -1}}},
		{"a year of five digits", "at: the year 10000 does not have four digits",
			recording.Record{Method: "X", Delivery: &recording.Delivery{At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}},
	} {
		b, err := tc.record.AppendJSON([]byte("before"))
		assert.ErrorIs(t, err, recording.ErrRecord, tc.reason)
		assert.ErrorContains(t, err, tc.want, tc.reason)
		assert.Equal(t, string(b), "before", tc.reason)
	}
}

func TestAnyEscapeIsRead(t *testing.T) {
	all, err := readAll(` { "url" : "\u00E9\u00e9\uD83D\ude00\/\b\f\n\r\t\"\\" ,"method":"X", "headers" : { } , "body_base64":"" } `)
	assert.NilError(t, err)
	assert.Equal(t, all[0].URL, "éé😀/\b\f\n\r\t\"\\")
}

func TestReadingGoesOnAfterABadLineIfWanted(t *testing.T) {
	const good = `{"method":"POST","url":"","headers":{"a":["only"]},"body":"x"}`
	var lines []int
	var bad int
	for r, err := range recording.Read(strings.NewReader(good + "\r\nbad\n  \n" + good)) {
		if err != nil {
			bad++
			continue
		}
		assert.DeepEqual(t, r.Header, http.Header{"a": {"only"}})
		lines = append(lines, r.Line)
	}
	assert.DeepEqual(t, lines, []int{1, 4})
	assert.Equal(t, bad, 1)
}

func TestRecordsKeepNothingOfTheLine(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `{"method":"POST","url":"/%d","headers":{"n":"%d"},"body":"%d"}`+"\n", i, i, i)
	}
	all, err := readAll(text.String())
	assert.NilError(t, err)
	for i, r := range all {
		n := fmt.Sprint(i)
		assert.Equal(t, r.URL, "/"+n)
		assert.Equal(t, string(r.Body), n)
		assert.DeepEqual(t, r.Header, http.Header{"n": {n}})
	}
}

func TestMemoryOfRecordsIsUsedAgainOnceTheyAreReleased(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var text strings.Builder
	for range 300 {
		text.WriteString(line(t, anyRecord(rng)) + "\n")
	}
	want, err := readAll(text.String())
	assert.NilError(t, err)
	kept := map[int]recording.Record{}
	bodies := map[*byte]bool{} // where they begin
	again := 0
	records, release := recording.ReadReusing(strings.NewReader(text.String()))
	for r, err := range records {
		assert.NilError(t, err)
		i := r.Line - 1
		assert.DeepEqual(t, r, want[i], sameRecord)
		if i%3 == 0 {
			kept[i] = r
			continue
		}
		if len(r.Body) > 0 {
			if bodies[&r.Body[0]] {
				again++
			}
			bodies[&r.Body[0]] = true
		}
		release(r)
	}
	for i, r := range kept {
		assert.DeepEqual(t, r, want[i], sameRecord)
	}
	assert.Assert(t, again > 0)
}

func TestALineIsBounded(t *testing.T) {
	head := `{"method":"POST","url":"","headers":{},"body":"`
	for _, tc := range []struct {
		size int
		want string
	}{
		{1 << 20, ""},
		{recording.MaxRecord + 1<<20, "(line 2): the line has more than 64 MiB"},
	} {
		r := io.MultiReader(strings.NewReader("\n"+head), io.LimitReader(endless('x'), int64(tc.size)), strings.NewReader(`"}`))
		var err error
		n := 0
		for record, e := range recording.Read(r) {
			if err = e; e == nil {
				assert.Equal(t, len(record.Body), tc.size)
			}
			n++
		}
		assert.Equal(t, n, 1)
		if tc.want == "" {
			assert.NilError(t, err)
		} else {
			assert.ErrorContains(t, err, tc.want)
		}
	}
}

// endless reads as the same byte forever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestAReadErrorEndsTheRecording(t *testing.T) {
	broken := errors.New("the disk is gone")
	n := 0
	for _, err := range recording.Read(io.MultiReader(strings.NewReader("\n\n{"), iotest.ErrReader(broken))) {
		assert.ErrorIs(t, err, broken)
		assert.ErrorContains(t, err, "line 3")
		n++
	}
	assert.Equal(t, n, 1)
}

// FuzzReadRecords looks for lines that are read otherwise than encoding/json
// does, or that do not come back.
func FuzzReadRecords(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add([]byte(line(f, anyRecord(rng))))
	}
	f.Add([]byte(`{"method":"POST","url":"\u00e9\ud83d\ude00","headers":{"a":"\/"},"body":"\b\f"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for r, err := range recording.Read(bytes.NewReader(text)) {
			if err != nil {
				continue
			}
			again, err := r.AppendJSON(nil)
			assert.NilError(t, err)
			back, err := readAll(string(again))
			assert.NilError(t, err)
			assert.DeepEqual(t, back, []recording.Record{r}, sameRecord)

			var plain struct {
				Method, Body *string
				Headers      map[string]any
			}
			source := bytes.Split(text, []byte("\n"))[r.Line-1]
			assert.NilError(t, json.Unmarshal(source, &plain))
			assert.Equal(t, *plain.Method, r.Method)
			if plain.Body != nil {
				assert.Equal(t, *plain.Body, string(r.Body))
			}
			assert.Equal(t, len(plain.Headers), len(r.Header))
		}
	})
}
