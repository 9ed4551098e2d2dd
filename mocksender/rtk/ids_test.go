package rtk_test

import (
	"math"
	"regexp"
	"slices"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func take(ids *rtk.IDs, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = ids.Next()
	}
	return out
}

func TestIDsAreVersion4UUIDs(t *testing.T) {
	// RFC 4122, section 4.4: the version is 4 and the variant bits are 10, so
	// the digit after the third hyphen is 8, 9, a or b.
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, seed := range []uint64{0, 1, 2, math.MaxUint64} {
		for _, id := range take(rtk.NewIDs(seed, "form"), 1000) {
			assert.Assert(t, form.MatchString(id), "seed %d: %s", seed, id)
		}
	}
}

func TestIDsUseEveryFreeBit(t *testing.T) {
	seen := make([]map[byte]bool, 36)
	for i := range seen {
		seen[i] = map[byte]bool{}
	}
	for _, id := range take(rtk.NewIDs(1, "bits"), 2000) {
		for i := range id {
			seen[i][id[i]] = true
		}
	}
	for i, digits := range seen {
		switch i {
		case 8, 13, 18, 23, 14: // hyphens and the version
			assert.Equal(t, len(digits), 1, "position %d", i)
		case 19: // two bits of variant, two free
			assert.Equal(t, len(digits), 4, "position %d", i)
		default:
			assert.Equal(t, len(digits), 16, "position %d", i)
		}
	}
}

func TestIDsAreFixedBySeedAndStream(t *testing.T) {
	base := take(rtk.NewIDs(1, "uuid"), 100)
	assert.DeepEqual(t, take(rtk.NewIDs(1, "uuid"), 100), base)

	tests := []struct {
		seed   uint64
		stream string
		reason string
	}{
		{2, "uuid", "another seed"},
		{0, "uuid", "0 is a seed like any other"},
		{1, "webhook", "another stream of the same seed"},
		{1, "", "a stream without a name is a stream too"},
		{1, "diuu", "the order of the letters counts"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			for _, id := range take(rtk.NewIDs(tt.seed, tt.stream), 100) {
				assert.Assert(t, !slices.Contains(base, id), "both sequences hold %s", id)
			}
		})
	}
}

// The sequence is part of the promise that a seed fixes the bytes of a run:
// a change here changes every recorded run.
func TestIDsDoNotChangeBetweenReleases(t *testing.T) {
	assert.DeepEqual(t, take(rtk.NewIDs(1, "uuid"), 3), []string{
		"77e5359e-97f4-450a-8689-a3782f381e2d",
		"7ee76337-da5e-4564-9363-b26e3c46a753",
		"f08d04b5-004e-4690-b8a2-d4e18dda3040",
	})
}

func TestIDsHandOutEachValueOnceToConcurrentCallers(t *testing.T) {
	const callers, each = 8, 500
	ids := rtk.NewIDs(1, "concurrent")
	got := make([][]string, callers)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = take(ids, each) })
	}
	wg.Wait()

	all := slices.Concat(got...)
	slices.Sort(all)
	want := take(rtk.NewIDs(1, "concurrent"), callers*each)
	slices.Sort(want)
	assert.DeepEqual(t, all, want)
	assert.Equal(t, len(slices.Compact(all)), callers*each)
}
