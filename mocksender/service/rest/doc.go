// Package rest is the REST API of RealtimeKit as the official SDKs have it: an
// http.Handler over a platform.Platform.
//
// Operations lists what the SDKs can call, with the documentation of each, and what
// is built. openapi.json describes parameters, bodies and answers; requests are
// checked against it. What no document says is an assumption, and the README of
// package service lists those.
package rest
