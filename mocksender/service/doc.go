// Package service stands in for RealtimeKit. An application registers its
// webhooks with the service's own API, and then receives the events that it
// subscribed to, signed and retried. A test says what happens in the meetings,
// through a small control API.
//
// A Service is one http.Handler with five parts: the key document, the REST API
// under /client/v4/ and /v2/ (package rest), the artifacts behind the download
// links, the control API under /_rtkmock/, which openapi.json describes, and what
// Options.Page adds.
//
// Package platform holds the meetings, and says which events a change causes.
//
// Package dispatch delivers the events, and package store keeps the webhooks and
// deliveries. Update is one thing that happened: Service.Watch reports all of
// them, and so does GET /_rtkmock/events.
package service
