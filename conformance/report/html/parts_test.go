package html

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestPageStaysBounded(t *testing.T) {
	body := strings.Repeat("\x00<&\u202e", 20<<10) // all of it grows when shown
	for _, c := range []struct {
		report *report.Document
		limit  int
		reason string
	}{
		{crowd(400, `{"a":1}`), 9 << 20, "400 failures with nine exchanges each"},
		{crowd(120, body), 9 << 20, "and many of them with long bodies"},
		{crowd(1, body), 2 << 20, "one check alone"},
	} {
		page := pageOf(t, c.report)
		assert.Assert(t, len(page) < c.limit, "%s: %d bytes", c.reason, len(page))
		assert.Equal(t, strings.Count(page, `<details class="check `), len(c.report.Checks), c.reason)
		assert.Assert(t, strings.Count(page, `class="exchange"`) >= len(c.report.Checks), "%s: a check is without its exchange", c.reason)
		assert.Assert(t, strings.Contains(page, "left out to keep this page small"), c.reason)
	}
}

func TestPageShowsTheDecisiveExchangeOfEachCheckFirst(t *testing.T) {
	page := pageOf(t, crowd(400, `{"a":1}`))
	assert.Assert(t, strings.Count(page, `<div class="exchange">`) == 400, "%d checks have their exchange", strings.Count(page, `<div class="exchange">`))
	assert.Assert(t, strings.Count(page, `<details class="exchange">`) < 8*400)
}

func TestExactlyShowsEveryByteAndTellsItsOwnEscapesApart(t *testing.T) {
	for _, c := range []struct {
		in     string
		want   []span
		reason string
	}{
		{"", nil, "nothing"},
		{"plain é 日本", []span{{"", "plain é 日本"}}, "letters"},
		{`\x00`, []span{{"", `\x00`}}, "what looks like an escape, and is none"},
		{"a\x00b", []span{{"", "a"}, {"odd", `\x00`}, {"", "b"}}, "a real one"},
		{"\xff\xfe\ufffd", []span{{"odd", `\xff\xfe`}, {"", "\ufffd"}}, "bytes that are not UTF-8, and the character that often stands for them"},
		{"a\r\nb", []span{{"", "a"}, {"odd", `\r\n`}, {"", "\nb"}}, "a line break is shown, and breaks"},
		{"\u202ea\u200d\U000e0041", []span{{"odd", `\u202e`}, {"", "a"}, {"odd", `\u200d\U000e0041`}}, "what hides"},
	} {
		assert.DeepEqual(t, exactly(c.in), c.want)
	}
}

func TestPrettyFormatsJSONAndKeepsItsTokens(t *testing.T) {
	got := pretty([]byte(`{"a":[1,"b: c",{"d\"":"\u00e9"}],"a":1e400}`))
	text := ""
	keys := []string{}
	for _, s := range got {
		text += s.Text
		if s.Kind == "key" {
			keys = append(keys, s.Text)
		}
	}
	assert.Equal(t, text, "{\n  \"a\": [\n    1,\n    \"b: c\",\n    {\n      \"d\\\"\": \"\\u00e9\"\n    }\n  ],\n  \"a\": 1e400\n}")
	assert.DeepEqual(t, keys, []string{`"a"`, `"d\""`, `"a"`})
	for _, c := range []struct{ in, reason string }{
		{"", "empty"}, {"{}", "says no more than it does"}, {"null", "a scalar"}, {`{"a":`, "no JSON"}, {`"text"`, "a scalar"},
		{strings.Repeat("[", 60) + strings.Repeat("]", 60), "so deep that it would be mostly indentation"},
		{`{"a":"` + strings.Repeat("x", maxBody) + `"}`, "too long"},
	} {
		assert.Assert(t, pretty([]byte(c.in)) == nil, c.reason)
	}
}

func TestPageBody(t *testing.T) {
	for _, c := range []struct {
		in         string
		truncated  bool
		size, note string
		hex        bool
		reason     string
	}{
		{"", false, "0 bytes", "", false, "empty"},
		{"x", false, "1 byte", "", false, "text"},
		{"x", true, "more than 1 byte", "", false, "it went on"},
		{"a\r\n\tb", false, "5 bytes", "", false, "white space needs no dump"},
		{"a\x00", false, "2 bytes", "", true, "control characters"},
		{"\xff", false, "1 byte", "not UTF-8", true, "binary"},
		{strings.Repeat("é", 5000), false, "10000 bytes", "the first 4096 bytes are shown", false, "too long to show"},
		{"x" + strings.Repeat("é", 5000), false, "10001 bytes", "the first 4095 bytes are shown", false, "no character is cut in two"},
	} {
		b := newBody([]byte(c.in), len(c.in), c.truncated)
		assert.Equal(t, b.Size, c.size, c.reason)
		assert.Equal(t, b.Note, c.note, c.reason)
		assert.Equal(t, b.Hex != "", c.hex, c.reason)
	}
	assert.Assert(t, strings.HasSuffix(dump(make([]byte, 600), 600), "and 88 more bytes\n"))
}

func TestRequestHeadIsShownAsItWentOut(t *testing.T) {
	line, got := requestHead(report.Request{Method: "POST", Head: "POST /webhook?token=(redacted) HTTP/1.1\r\nHost: h:1\r\nrtk-uuid: 1\r\nX-Odd:\r\n\r\n"}, "http://h:1/")
	assert.Equal(t, line, "POST /webhook?token=(redacted) HTTP/1.1")
	assert.DeepEqual(t, got.List, []field{{"Host", "h:1"}, {"rtk-uuid", "1"}, {"X-Odd", ""}})
	line, got = requestHead(report.Request{Method: "PUT", Header: report.Header{Readable: map[string][]string{"b": {"2"}, "a": {"1"}}}}, "http://h:1/")
	assert.Equal(t, line, "PUT http://h:1/")
	assert.DeepEqual(t, got.List, []field{{"a", "1"}, {"b", "2"}})
}

func TestAFloodOfFieldsIsCut(t *testing.T) {
	var flood []field
	for i := range 500 {
		flood = append(flood, field{fmt.Sprint("X-", i), "v"})
	}
	got := newFields(flood)
	assert.Equal(t, len(got.List), maxFields)
	assert.Equal(t, got.Left, 460)
	var long []field
	for range 10 {
		long = append(long, field{"a", strings.Repeat("x", maxField)})
	}
	got = newFields(long)
	assert.Equal(t, len(got.List)+got.Left, 10)
	assert.Assert(t, got.Left > 0)
}

func TestTimelineMarksEveryDeliveryOnce(t *testing.T) {
	l := busyLedger(340)
	line := newTimeline(l)
	kinds := map[string]int{}
	for _, row := range line.Rows {
		for _, m := range row.Marks {
			kinds[m.Kind]++
			assert.Equal(t, m.Dots[len(m.Dots)-1].Kind, m.Kind)
			assert.Equal(t, m.From != "", len(m.Dots) > 1, "only attempts are joined")
			assert.Assert(t, m.Y > row.Y && m.Y < row.Y+row.Height, "a mark outside of its row")
			for _, d := range m.Dots {
				x, err := strconv.ParseFloat(d.X, 64)
				assert.NilError(t, err)
				assert.Assert(t, x >= edge && x <= width-edge)
			}
		}
	}
	for _, entry := range line.Legend {
		if entry.Kind != "try" {
			assert.Equal(t, kinds[entry.Kind], entry.Count, entry.Kind)
		}
		delete(kinds, entry.Kind)
	}
	assert.Equal(t, len(kinds), 0, "%v without an explanation", kinds)
	assert.Equal(t, len(line.Rows), 10)
	assert.Equal(t, line.Note, "")
}

func TestMarksStandInTheFirstFreeLine(t *testing.T) {
	for _, c := range []struct {
		ends   []float64
		from   float64
		want   int
		reason string
	}{
		{nil, 0, 0, "the first"},
		{[]float64{10}, 10, 0, "beside another"},
		{[]float64{10}, 9, 1, "below another, in a new line"},
		{[]float64{20, 5}, 6, 1, "a line further down is free"},
		{[]float64{20, 19, 18, 17, 16, 15}, 6, 5, "no line is left: the one that overlaps least"},
	} {
		assert.Equal(t, freeLine(c.ends, c.from), c.want, c.reason)
	}
}

func TestTimelineStaysBounded(t *testing.T) {
	var l ledger.Report
	for i := range 50_000 {
		l.Timeline.Entries = append(l.Timeline.Entries, ledger.Entry{
			Time: start.Add(time.Duration(i) * time.Millisecond), Event: rtk.EventType(fmt.Sprintf("e%d", i/500)), Fate: mocksender.Delivered,
		})
	}
	l.Emitted = len(l.Timeline.Entries)
	line := newTimeline(l)
	assert.Equal(t, len(line.Rows), maxRows)
	assert.Equal(t, line.Rows[maxRows-1].Name, string(otherEvents))
	assert.Assert(t, strings.Contains(line.Note, "of 50000 deliveries have a mark"), line.Note)
	marks := 0
	for _, row := range line.Rows {
		marks += len(row.Marks)
	}
	assert.Assert(t, marks <= maxMarks && marks > maxMarks/2, "%d marks", marks)
}

func TestTimelineOfNothing(t *testing.T) {
	assert.Assert(t, newTimeline(ledger.Report{}) == nil)
	assert.Assert(t, newTimeline(ledger.Report{Timeline: ledger.Timeline{Entries: make([]ledger.Entry, 3)}}) == nil, "no delivery has a time")
}

func TestScaleHasRoundTicks(t *testing.T) {
	for _, c := range []struct{ span, want time.Duration }{
		{time.Millisecond, 100 * time.Microsecond}, {1700 * time.Millisecond, 200 * time.Millisecond}, {9 * time.Second, time.Second},
		{80 * time.Second, 10 * time.Second}, {2 * time.Minute, 15 * time.Second}, {time.Hour, 10 * time.Minute}, {48 * time.Hour, 6 * time.Hour},
	} {
		s := scale{start, c.span}
		assert.Equal(t, s.step(), c.want, c.span.String())
		n := len(s.ticks())
		assert.Assert(t, n >= 5 && n <= 11, "%d ticks for %s", n, c.span)
	}
}

func TestTickLabelEndsInNoZeros(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 500 * time.Millisecond: "500ms", 10 * time.Second: "10s", time.Minute: "1m", 75 * time.Second: "1m15s",
		10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Minute: "1h30m", 20 * time.Hour: "20h",
	} {
		assert.Equal(t, tickLabel(d), want)
	}
}

var colourPair = regexp.MustCompile(`--(\w+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)

// Letters stand out from what they stand on by 4.5 to 1 at least, as WCAG's
// level AA wants it.
func TestColoursContrast(t *testing.T) {
	colours := map[string][2]string{}
	for _, m := range colourPair.FindAllStringSubmatch(style, -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	grounds := map[string][]string{
		"page": {"text", "muted", "link"},
		"sunk": {"text", "muted", "link", "odd"},
		"card": {"text", "muted", "link", "odd", "pass", "fail", "error", "inconclusive", "warn", "skip", "note"},
	}
	for ground, letters := range grounds {
		for _, l := range letters {
			for theme, name := range []string{"light", "dark"} {
				got := contrast(t, colours[l][theme], colours[ground][theme])
				assert.Assert(t, got >= 4.5, "%s on %s in %s: %.2f", l, ground, name, got)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	high, low := luminance(t, a), luminance(t, b)
	return (max(high, low) + 0.05) / (min(high, low) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	assert.NilError(t, err)
	linear := func(c uint64) float64 {
		share := float64(c&255) / 255
		if share <= 0.04045 {
			return share / 12.92
		}
		return math.Pow((share+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

func TestPageHasTheLinesThatReportEffects(t *testing.T) {
	d := fixture(t)
	without, err := Page(d)
	assert.NilError(t, err)
	assert.Assert(t, !strings.Contains(without, "hint-title"))
	d.EffectsHint = &conformance.EffectsHint{Checks: 3, Stack: "Flask", By: "<script>", Code: []string{"def f():", "\tpass", "<script>\x1b"}, Then: "Then add a flag."}
	page, err := Page(d)
	assert.NilError(t, err)
	assert.Assert(t, strings.Contains(page, `<h2 id="hint-title">What came of the deliveries was not seen</h2>`))
	assert.Assert(t, strings.Contains(page, "<pre><code>def f():\n    pass\n&lt;script&gt;\\x1b</code></pre>"))
	assert.Assert(t, strings.Contains(page, "<p>Then add a flag.</p>"))
}
