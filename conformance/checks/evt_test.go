package checks_test

import (
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// TestChangeIsNotBlamedForAnEventThatIsRefusedAnyway judges receivers that do
// not know an event by the checks that change it: their remedies would mislead.
func TestChangeIsNotBlamedForAnEventThatIsRefusedAnyway(t *testing.T) {
	for _, tc := range []struct {
		flaw, id string
		want     conformance.Status
		says     string
	}{
		{"rejects-meeting.summary", "evt/unknown-fields", conformance.Skip, "see evt/accept-meeting.summary"},
		{"rejects-recording.statusUpdate", "evt/enums", conformance.Skip, "see evt/accept-recording.statusUpdate"},
		{"rejects-recording.statusUpdate", "evt/filesize-string", conformance.Skip, "refused already"},
		{"rejects-meeting.participantLeft", "evt/client-specific-id", conformance.Skip, "see evt/accept-meeting.participantLeft"},
		{"rejects-recording.statusUpdate", "evt/alternate-forms", conformance.Skip, "refused already"},
		{"strict-decoder", "evt/unknown-fields", conformance.Warn, "meeting.summary with unknown members: answered 400"},
		{"errored-unknown", "evt/enums", conformance.Fail, `with "ERRORED"`},
		{"filesize-as-number", "evt/filesize-string", conformance.Warn, "fileSize"},
	} {
		t.Run(tc.flaw+" "+tc.id, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			receiver, err := receivers.Flawed(tc.flaw, receivers.Config{KeyURL: b.endpoints.KeyURL()})
			assert.NilError(t, err)
			t.Cleanup(receiver.Close)
			o := b.quick(serveHandler(t, receiver.Handler(), nil))
			o.Checks = only(t, tc.id)
			v := run(t.Context(), t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, is.Contains(v.Reason, tc.says))
		})
	}
}
