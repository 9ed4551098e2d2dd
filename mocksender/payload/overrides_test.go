package payload_test

import (
	"encoding/json"
	"errors"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

func TestOverridesAreMadeInOrder(t *testing.T) {
	o := payload.Overrides{
		Set: payload.Assignments{
			{Path: "z", Value: []byte(`{"a":1}`)},
			{Path: "z.a", Value: []byte(`2`)},
			{Path: "y", Value: []byte(`3`)},
		},
		Unset: []string{"x", "z.a"},
	}
	body := []byte(`{"x":0}`)
	got, err := o.Apply(body)
	assert.NilError(t, err)
	assert.Equal(t, string(got), `{"z":{},"y":3}`)
	assert.Equal(t, string(body), `{"x":0}`, "the argument is not touched")
}

func TestOverridesThatDoNotFitAreLeftOutAndNamed(t *testing.T) {
	o := payload.Overrides{
		Set:   payload.Assignments{{Path: "meeting.id", Value: []byte(`"m"`)}, {Path: "title", Value: []byte(`"t"`)}},
		Unset: []string{"nothing", "reason"},
	}
	got, err := o.Apply([]byte(`{"title":"","reason":""}`))
	assert.Equal(t, string(got), `{"title":"t"}`)
	assert.ErrorIs(t, err, payload.ErrPath)
	var first *payload.OverrideError
	assert.Assert(t, errors.As(err, &first))
	assert.Assert(t, !first.Unset)
	assert.Equal(t, first.Path, "meeting.id")
	assert.ErrorContains(t, err, `"nothing"`)

	got, err = o.Apply([]byte("no JSON"))
	assert.Equal(t, string(got), "no JSON")
	assert.ErrorIs(t, err, payload.ErrJSON)
}

func TestAssignmentsKeepTheOrderOfTheText(t *testing.T) {
	var o struct{ Set payload.Assignments }
	assert.NilError(t, json.Unmarshal([]byte(`{"set": {"b": [1, 2], "a\u002ec": "x", "b": null} }`), &o))
	assert.DeepEqual(t, o.Set, payload.Assignments{
		{Path: "b", Value: []byte(`[1, 2]`)}, {Path: "a.c", Value: []byte(`"x"`)}, {Path: "b", Value: []byte(`null`)},
	})
	for _, wrong := range []string{`{"set":[]}`, `{"set":"a"}`, `{"set":7}`} {
		assert.ErrorIs(t, json.Unmarshal([]byte(wrong), &o), payload.ErrJSON)
	}
}

func TestPathsAreAllMembersInOrder(t *testing.T) {
	body := ` {"event":"x","meeting":{"id":"m","by":{"name":"n"}},"list":[{"a":1}],"e":{}}`
	assert.DeepEqual(t, payload.Paths([]byte(body)), []string{"event", "meeting", "meeting.id", "meeting.by", "meeting.by.name", "list", "e"})
	for _, path := range payload.Paths([]byte(body)) {
		_, err := payload.Get([]byte(body), path)
		assert.NilError(t, err)
	}
	assert.Assert(t, payload.Paths([]byte("[]")) == nil)
	assert.Assert(t, payload.Paths([]byte("no JSON")) == nil)
}
