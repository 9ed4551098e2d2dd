// Package platform is the state of RealtimeKit on one machine: apps, presets,
// meetings, participants, sessions, recordings and livestreams, and what each
// change of them causes.
//
// A meeting is a payload.Meeting. What the REST API answers and what webhooks say
// come from that one model, so they agree. A change that causes events hands them
// to Options.Commit, together with the records that keep the change.
//
// The values that methods return are those of the REST API: their JSON has its
// names. They are copies. Time is that of Platform.Now, which tests can move.
package platform
