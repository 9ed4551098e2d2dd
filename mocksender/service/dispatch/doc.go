// Package dispatch delivers events to webhooks. It knows the webhooks, puts each
// event into the queue of every webhook that wants it, makes the attempts and
// the retries, and keeps a store up to date.
//
// Each webhook has its own queue, and all webhooks share one budget of
// connections, so that one that is slow or dead holds up no other. Nothing
// promises an order of deliveries.
package dispatch
