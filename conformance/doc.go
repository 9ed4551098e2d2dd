// Package conformance judges webhook receivers: how a check is described, run
// and turned into a verdict. What is judged stands in the package checks; how
// a report looks, in the package report.
//
// Three rules carry everything here. A rejection counts only between two
// genuine deliveries that were accepted, so that a receiver which refuses
// everything passes nothing. A genuine delivery is accepted when any attempt
// of its retries is answered 2xx, as the real sender sees it. And what could
// not be seen is said, never counted as good.
package conformance
