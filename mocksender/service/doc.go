// Package service stands in for RealtimeKit: an application registers its
// webhooks with the service's own API and from then on receives what it
// subscribed to, signed and retried, while a test says by another small API
// what happens in the meetings.
//
// A Service is one http.Handler with five faces: the key document, the webhooks
// API under /client/v4/, the artifacts that download links lead to, the control
// API under /_rtkmock/, which openapi.json describes, and what Options.Page adds.
//
// Webhook, Delivery and Attempt are what it knows, as plain values that JSON
// keeps without loss. A Store holds them; NewMemory is one that forgets. Update
// is one thing that happened: Service.Watch hears all of them, and so does
// GET /_rtkmock/events.
//
// Each webhook has a queue of its own, and so many deliveries under way at a
// time, so that one that is slow or dead holds up no other. Order is not
// promised.
package service
