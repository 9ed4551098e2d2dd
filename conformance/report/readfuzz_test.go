package report_test

import (
	"bytes"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// FuzzReadReportsCanBeWritten reads what anybody may have written: it is
// refused, or each format has a form for it, and the JSON is read again. It is as
// fast as reading, which checks a report of 20 kB against its schema.
func FuzzReadReportsCanBeWritten(f *testing.F) {
	small := fixture()
	small.Verdicts = small.Verdicts[:2]
	small.Verdicts[1].Receipts = small.Verdicts[1].Receipts[:1]
	seed := write(f, "json", small, plaintext.Options{})
	add := func(data string) {
		for i := range formats.All() {
			f.Add(uint(i), []byte(data))
		}
	}
	add(seed)
	known := expecting()
	known.Verdicts = known.Verdicts[:1]
	add(write(f, "json", known, plaintext.Options{}))
	for _, c := range [][2]string{
		{`"n": 1,`, `"n": 9223372036854775807,`},
		{`"at": "2026-`, `"at": "0001-`},
		{`"time": "2026-`, `"time": "9999-`},
		{`"took_ms": 21,`, `"took_ms": 1e308,`},
		{`"status": 200,`, `"status": 1,`},
		{`"method": "POST"`, `"method": "\u001b"`},
		{`"url": "http`, `"url": "%zz`},
		{`"tries": 1,`, `"tries": 0,`},
	} {
		assert.Assert(f, strings.Contains(seed, c[0]), c[0])
		add(strings.ReplaceAll(seed, c[0], c[1]))
	}
	f.Fuzz(func(t *testing.T, which uint, data []byte) {
		d, err := report.Read(bytes.NewReader(data))
		if err != nil {
			assert.Assert(t, d == nil)
			assertHarmless(t, err.Error())
			return
		}
		all := formats.All()
		format := all[which%uint(len(all))]
		var out bytes.Buffer
		assert.NilError(t, format.Write(&out, d, plaintext.Options{Verbose: true}))
		if format.Name == "json" {
			_, err := report.Read(&out)
			assert.NilError(t, err)
		}
	})
}
