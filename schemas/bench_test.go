package schemas_test

import (
	"testing"

	"github.com/rtkmock/rtkmock/schemas"
)

// BenchmarkValidate validates one body, the smallest and the largest sample.
func BenchmarkValidate(b *testing.B) {
	for _, event := range []string{"meeting.started", "recording.statusUpdate"} {
		body := sample(b, event)
		for _, r := range readings() {
			b.Run(event+"/"+r.String(), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(body)))
				for b.Loop() {
					if _, err := schemas.ValidateEvent(body, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
