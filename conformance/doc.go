// Package conformance judges webhook receivers: how a check is described, run and turned
// into a verdict. The catalogue of checks is in the package checks, and the formats of a
// report are in the package report.
//
// A run makes events (internal/events), sends them (internal/delivery) and reads what they
// brought about (internal/observe). These rooms judge nothing and do not know each other;
// run.go wires them. A check sees them through its Probe.
//
// Three rules carry everything here. A rejection counts only between two genuine
// deliveries that were accepted, so that a receiver that refuses everything passes
// nothing. A genuine delivery is accepted when any attempt of its retries is answered 2xx,
// as the real sender sees it. And what could not be seen is reported, never counted as
// good.
package conformance
