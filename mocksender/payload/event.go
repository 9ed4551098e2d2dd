package payload

import (
	"bytes"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// spacedLayout is the layout of timestamps under FormSpacedTimestamps.
const spacedLayout = "2006-01-02 15:04:05.000000Z"

// linkLife is how long a download link lives. In all of the guide's samples it
// expires seven days after the session ended or the recording stopped.
const linkLife = 7 * 24 * time.Hour

// event returns the event of type t with these members after "event". Bodies are
// encoded once: from here on their bytes are what counts.
func (m *Meeting) event(t rtk.EventType, members ...member) rtk.Event {
	m.buf = appendQuoted(append(m.buf[:0], `{"event":`...), string(t))
	m.buf = append(appendMembers(m.buf, members), '}')
	return rtk.Event{Type: t, Body: bytes.Clone(m.buf)}
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
func (m *Meeting) linkExpiry(since time.Time) time.Time {
	expiry := since.Add(linkLife)
	if now := m.Now(); !expiry.After(now) {
		expiry = now.Add(linkLife)
	}
	return expiry
}
