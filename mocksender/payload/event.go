package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// spacedLayout is the layout of timestamps under FormSpacedTimestamps.
const spacedLayout = "2006-01-02 15:04:05.000000Z"

// linkLife is how long a download link lives. In all of the guide's samples it
// expires seven days after the session ended or the recording stopped.
const linkLife = 7 * 24 * time.Hour

// eventBody is the body of an event before it is encoded. The structs that are
// bodies list their fields in the order of the members in the guide's samples.
// The order differs from event to event, so it must not be tidied.
type eventBody interface{ eventType() rtk.EventType }

// head is the member that all bodies begin with.
type head struct {
	Event rtk.EventType `json:"event"`
}

func (h head) eventType() rtk.EventType { return h.Event }

// encode makes the events that have these bodies. Bodies are encoded once: from
// here on their bytes are what counts.
func (m *Meeting) encode(bodies ...eventBody) ([]rtk.Event, error) {
	events := make([]rtk.Event, len(bodies))
	for i, body := range bodies {
		m.buf.Reset()
		enc := json.NewEncoder(&m.buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(body); err != nil {
			return nil, fmt.Errorf("payload: encode %s: %w", body.eventType(), err)
		}
		events[i] = rtk.Event{Type: body.eventType(), Body: bytes.Clone(bytes.TrimSuffix(m.buf.Bytes(), []byte("\n")))}
	}
	return events, nil
}

func (m *Meeting) timestamp(t time.Time) string {
	if m.has(FormSpacedTimestamps) {
		return t.UTC().Format(spacedLayout)
	}
	return t.UTC().Format(timeLayout)
}

// link returns a download URL that no other event has.
func (m *Meeting) link(kind, file string) string {
	return m.set.BaseURL + "/" + kind + "/" + m.ids.links.Next() + "/" + file
}

// linkExpiry returns when a link to something that was complete at since
// expires. A late event must not carry a dead link: its link lives as long from
// now.
func (m *Meeting) linkExpiry(since time.Time) string {
	expiry := since.Add(linkLife)
	if now := m.Now(); !expiry.After(now) {
		expiry = now.Add(linkLife)
	}
	return m.timestamp(expiry)
}
