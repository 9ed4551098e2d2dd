package report

import (
	"bytes"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// FuzzReadReportsCanBeWritten reads what anybody may have written: it is
// refused, or every format has a form for it, and the JSON is read again.
func FuzzReadReportsCanBeWritten(f *testing.F) {
	small := fixture()
	small.Verdicts = small.Verdicts[:4]
	seed := write(f, "json", small, Options{})
	f.Add([]byte(seed))
	f.Add([]byte(write(f, "json", expecting(), Options{})))
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
		f.Add([]byte(strings.ReplaceAll(seed, c[0], c[1])))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		saved, err := Read(bytes.NewReader(data))
		if err != nil {
			assert.Assert(t, saved == nil)
			assertHarmless(t, err.Error())
			return
		}
		for _, format := range Formats() {
			out := write(t, format.Name, saved.Report, Options{Verbose: true})
			if format.Name == "json" {
				_, err := Read(strings.NewReader(out))
				assert.NilError(t, err)
			}
		}
	})
}
