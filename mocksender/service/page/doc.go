// Package page is the live page of the service. It shows the webhooks, and the
// deliveries as they happen with what was sent and answered. A person can emit an
// event there, play a scenario or make the key endpoint fail.
//
// It is a few files without a build step. They load nothing from any other host,
// and use the control API of the server that serves them. The page shows what a
// target sent as text only: no script here makes markup of a string. The package
// imports the standard library only.
package page
