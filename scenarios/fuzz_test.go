package scenarios_test

import (
	"errors"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
	"github.com/rtkmock/rtkmock/schemas"
)

// Whatever Parse accepts is an instance of the schema and can be played;
// whatever it refuses it explains.
func FuzzParse(f *testing.F) {
	for _, name := range scenarios.Names() {
		source, err := scenarios.Source(name)
		assert.NilError(f, err)
		f.Add(source)
	}
	for _, s := range []string{
		``, `null`, `{"title":"a","steps":[{"session":"next"}]}`,
		steps(`{"times":3,"steps":[{"emit":"meeting.participantJoined","who":"g${n}","as":"j-${n}","set":{"a":"${j-${n}.x}"}}]}`),
		steps(`{"shuffle":true,"steps":[{"emit":"meeting.ended"},{"session":"next"}]},{"parallel":2,"steps":[{"emit":"recording.statusUpdate"}]}`),
		steps(`{"emit":"meeting.started","as":"s","later":true},{"repeat":"s","times":2,"together":true,"mutate":["body/reindent"]},{"send":"s","faults":[{"before":"delay 1ms","chance":1e-3}]}`),
		steps(`{"emit":"meeting.started","set":{"meeting":"${}","x.y":[" ${","$${"]},"unset":["a.b"]}`),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		s, err := scenarios.Parse("fuzz.json", source)
		if err != nil {
			var e *scenarios.Error
			assert.Assert(t, errors.As(err, &e) && len(e.Problems) > 0, "%v", err)
			for _, p := range e.Problems {
				assert.Assert(t, p.Found != "" && (p.Want != "" || p.Hint != ""), "%+v", p)
			}
			return
		}
		assert.NilError(t, schemas.Validate("scenario", schemas.Strict, source))
		if s.Deliveries() > 2000 {
			return
		}
		w := &world{keys: wellknown.New(rtk.NewKeyring(genuineKey()))} // without servers
		o := scenarios.Options{Keys: w.keys, API: w.options().API, NewKey: w.options().NewKey}
		sender := &fake{}
		sender.into(&o)
		r, err := scenarios.Play(t.Context(), s, o)
		if err != nil {
			assert.ErrorIs(t, err, scenarios.ErrScript)
			return
		}
		assert.Assert(t, r.Complete)
		assert.Equal(t, r.Counts.Sent, s.Deliveries())
		assert.Equal(t, len(sender.sent), s.Deliveries())
	})
}
