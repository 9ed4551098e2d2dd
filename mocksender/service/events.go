package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// maxListeners bounds the streams of events that are open at a time.
const maxListeners = 100

// eventsBeat is how often a stream without events gives a sign of life, which
// also finds out that its reader has left.
const eventsBeat = 15 * time.Second

// getEvents streams updates as server-sent events, whose names are their kinds.
func (s *Service) getEvents(w http.ResponseWriter, r *http.Request) {
	if !s.bus.admit() {
		fail(w, &apiError{http.StatusTooManyRequests, fmt.Sprintf("%d streams are open already, want one of them to be closed first", maxListeners)})
		return
	}
	defer s.bus.dismiss()
	watch := s.Watch()
	defer watch.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return // there is no end to wait for
	}
	out := http.NewResponseController(w)
	beat := time.NewTicker(eventsBeat)
	defer beat.Stop()
	text := []byte(": connected\n\n")
	for {
		_ = out.SetWriteDeadline(time.Now().Add(2 * eventsBeat)) // a reader that does not read
		if _, err := w.Write(text); err != nil || out.Flush() != nil {
			return
		}
		select {
		case u, ok := <-watch.C:
			if !ok {
				return
			}
			text = written(u, watch.C)
		case <-beat.C:
			text = []byte(": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}

// admit counts a stream, if there may be one more.
func (b *bus) admit() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.streams >= maxListeners {
		return false
	}
	b.streams++
	return true
}

// dismiss ends what admit began.
func (b *bus) dismiss() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streams--
}

// written is u and what came along with it, as events.
func written(u Update, more <-chan Update) []byte {
	var out bytes.Buffer
	for {
		if data, err := json.Marshal(u); err == nil {
			fmt.Fprintf(&out, "event: %s\ndata: %s\n\n", u.Kind, data)
		}
		if out.Len() > 64<<10 {
			return out.Bytes()
		}
		var ok bool
		select {
		case u, ok = <-more:
			if !ok {
				return out.Bytes()
			}
		default:
			return out.Bytes()
		}
	}
}
