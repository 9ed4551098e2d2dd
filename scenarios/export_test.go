package scenarios

// MembersForTest returns the members of each kind of step by its definition in
// the schema.
func MembersForTest() map[string][]string {
	return map[string][]string{
		"emitStep":    membersOf(doEmit),
		"repeatStep":  membersOf(doRepeat),
		"sendStep":    membersOf(doSend),
		"keyStep":     membersOf(doKey),
		"sessionStep": membersOf(doSession),
		"blockStep":   membersOf(doBlock),
		"pauseStep":   membersOf(doPause),
	}
}

// KeyActionsForTest returns what a key step can do.
func KeyActionsForTest() []string { return keyActions() }

// MaxImprovised is how many events an improvised meeting has.
const MaxImprovised = maxImprovised
