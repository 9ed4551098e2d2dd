package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

// streamBeat is how often a stream without updates sends a comment. This also
// shows whether its reader has left.
const streamBeat = 15 * time.Second

// getEvents streams updates as server-sent events, named by their kinds.
func (s *Service) getEvents(w http.ResponseWriter, r *http.Request) {
	select {
	case s.updates.streams <- struct{}{}:
		defer func() { <-s.updates.streams }()
	default:
		jsonapi.Fail(w, jsonapi.Errorf(http.StatusTooManyRequests, "%d streams are open already, want one of them to be closed first", maxStreams))
		return
	}
	watch := s.Watch()
	defer watch.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return // a stream does not end
	}
	out := http.NewResponseController(w)
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	text := []byte(": connected\n\n")
	for {
		_ = out.SetWriteDeadline(time.Now().Add(2 * streamBeat)) // for a reader that does not read
		if _, err := w.Write(text); err != nil || out.Flush() != nil {
			return
		}
		select {
		case u, ok := <-watch.C:
			if !ok {
				return
			}
			text = encodeEvents(u, watch.C)
		case <-beat.C:
			text = []byte(": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}

// encodeEvents returns u, and the updates that are there already, as events.
func encodeEvents(u Update, more <-chan Update) []byte {
	var out bytes.Buffer
	for ok := true; ok; {
		if data, err := json.Marshal(u); err == nil {
			fmt.Fprintf(&out, "event: %s\ndata: %s\n\n", u.Kind, data)
		}
		if out.Len() > 64<<10 {
			break
		}
		select {
		case u, ok = <-more:
		default:
			ok = false
		}
	}
	return out.Bytes()
}
