// Package payload simulates RealtimeKit meetings and renders the webhook
// events that they cause.
//
// A Meeting is a small state machine: people join and leave, recordings and
// livestreams run, the session ends, its chat, transcript and summary become
// available. Each step returns the events it causes, so ids, derived members
// and times agree across all events of a session, and what cannot happen in a
// meeting is an error. Nothing is random but by Options.Seed, and no clock is
// read: the meeting's time is data. Equal options and equal steps give equal
// bytes.
//
// Each event has the members, the key order and the quirks of its sample in
// Cloudflare's RealtimeKit webhooks guide, as compact JSON. What other public
// documents and receivers show beyond the samples is offered as a Form. Get,
// Set and Unset work on rendered bytes and leave every other byte as it is.
package payload
