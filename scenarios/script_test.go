package scenarios

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/schemas"
)

// What the schema admits, Go can read: no member and no word is missing there.
func TestSchemaAndScriptHaveTheSameWords(t *testing.T) {
	source, err := schemas.Source("scenario")
	assert.NilError(t, err)
	type object struct {
		Enum       []string
		Properties map[string]struct{ Enum []string }
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	assert.NilError(t, json.Unmarshal(source, &schema))
	for def, wrap := range map[string]string{
		"": "%s", "meeting": `{"meeting":%s}`, "reduce": `{"reduce":%s}`, "fault": `{"steps":[{"faults":[%s]}]}`,
		"emitStep": `{"steps":[%s]}`, "repeatStep": `{"steps":[%s]}`, "sendStep": `{"steps":[%s]}`, "keyStep": `{"steps":[%s]}`,
		"sessionStep": `{"steps":[%s]}`, "blockStep": `{"steps":[%s]}`, "pauseStep": `{"steps":[%s]}`,
	} {
		properties := schema.Defs[def].Properties
		if def == "" {
			properties = schema.Properties
		}
		assert.Assert(t, len(properties) > 0, def)
		for name := range properties {
			dec := json.NewDecoder(strings.NewReader(fmt.Sprintf(wrap, `{"`+name+`":null}`)))
			dec.DisallowUnknownFields()
			assert.NilError(t, dec.Decode(&script{}), "%s.%s", def, name)
		}
	}
	var events []string
	for _, e := range rtk.EventTypes() {
		events = append(events, string(e))
	}
	assert.DeepEqual(t, schema.Defs["event"].Enum, events)
	server := wellknown.New(nil)
	for _, action := range schema.Defs["keyStep"].Properties["key"].Enum {
		switch action {
		case "outage", "restore", "rotate":
		default:
			assert.NilError(t, server.SetFault(wellknown.Fault(action)))
		}
	}
}
