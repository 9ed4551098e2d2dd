// Command emptymain links what rtkmock links and does nothing. It is the
// measure of how long rtkmock takes to start: see BenchmarkStart.
package main

import _ "github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli"

func main() {}
