package service

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
)

// Health says how the service is.
type Health struct {
	Status string `json:"status"` // "ok"
	dispatch.Counts
	KeyFault string `json:"key_fault"`
	UptimeMS int64  `json:"uptime_ms"`
}

// Health returns the present health.
func (s *Service) Health() Health {
	return Health{"ok", s.Counts(), s.o.Keys.Fault().String(), time.Since(s.began).Milliseconds()}
}
