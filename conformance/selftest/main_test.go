package selftest_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// perProcessor is how many runs of the matrix go on for each processor. With the
// race detector a run computes more than it waits.
func perProcessor() int {
	if raceDetector {
		return 3
	}
	return 8
}

// TestMain runs more tests at the same time than there are processors, since the
// runs of the matrix wait most of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", fmt.Sprint(perProcessor()*runtime.GOMAXPROCS(0))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
