package schemas

// Events returns the names of the nine events, in the order of the guide's
// table "Supported events". The caller owns the slice.
func Events() []string {
	return []string{
		"meeting.started",
		"meeting.ended",
		"meeting.participantJoined",
		"meeting.participantLeft",
		"meeting.chatSynced",
		"recording.statusUpdate",
		"livestreaming.statusUpdate",
		"meeting.transcript",
		"meeting.summary",
	}
}
