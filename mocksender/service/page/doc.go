// Package page is the live page of the service: webhooks, deliveries as they
// happen with what was sent and answered, and the means to emit an event, play
// a scenario or have the key endpoint fail.
//
// It is a few files without a build step that ask nothing of any other host
// and speak to the control API of whoever serves them. What a target sent is
// put on the page as text alone: no script here makes markup of a string. The
// package imports the standard library only.
package page
