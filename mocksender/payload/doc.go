// Package payload simulates RealtimeKit meetings and makes the webhook events
// that they cause.
//
// A Meeting is a small state machine: people join and leave, recordings and
// livestreams run, the session ends, its chat, transcript and summary become
// available. Each step returns the events that it causes. So ids, derived members
// and times agree across all events of a session, and a step that cannot happen
// in a meeting is an error. All randomness comes from Options.Seed, and no clock
// is read: the meeting's time is data. Equal options and equal steps give equal
// bytes.
//
// Each event has the members, the key order and the quirks of its sample in
// Cloudflare's RealtimeKit webhooks guide, as compact JSON. A Form is a way in
// which events differ from the samples elsewhere. Get, Set, Unset and Overrides
// work on finished bodies and leave every other byte as it is.
package payload
