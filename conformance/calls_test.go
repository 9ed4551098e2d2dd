package conformance_test

import (
	"fmt"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// Calls that are alike are one line, and no line has an id of the target's.
func TestCallsAreCountedWithoutIDs(t *testing.T) {
	visit := func(op rest.Operation, method, path string, status int) rest.Visit {
		v := rest.Visit{Path: path, Operation: op}
		v.Method, v.Status = method, status
		return v
	}
	meeting := rest.Operation{ID: "meetings.getMeetingByID", Path: "/meetings/{meeting}"}
	got := conformance.CountCalls([]rest.Visit{
		visit(meeting, "GET", "/client/v4/accounts/a/realtime/kit/b/meetings/1", 200),
		visit(rest.Operation{}, "DELETE", "/client/v4/accounts/Acme-42/realtime/kit/6f2c1d34-5b7e-4a90/meetings/s3cr3t", 404),
		visit(meeting, "GET", "/v2/meetings/2", 404),
		visit(meeting, "GET", "/v2/meetings/3", 200),
	})
	assert.DeepEqual(t, got, []conformance.APICall{
		{Method: "DELETE", Path: "/client/v4/accounts/…/realtime/kit/…/meetings/…", Status: 404, Count: 1},
		{Operation: meeting.ID, Method: "GET", Path: meeting.Path, Status: 200, Count: 2},
		{Operation: meeting.ID, Method: "GET", Path: meeting.Path, Status: 404, Count: 1},
	})
	var many []rest.Visit
	for i := range 100 {
		many = append(many, visit(rest.Operation{}, "GET", fmt.Sprintf("/v2/%c%c", 'a'+i%26, 'a'+i/26), 404))
	}
	assert.Equal(t, len(conformance.CountCalls(many)), 20, "what a target makes up does not fill the report")
}
