package artifacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"time"
)

// message is a row of a chat export. The columns and the three payload types
// are those that the vendor's page on the chat dump lists (practice).
type message struct {
	ID            string `json:"id"`
	ParticipantID string `json:"participantId"`
	SessionID     string `json:"sessionId"`
	MeetingID     string `json:"meetingId"`
	DisplayName   string `json:"displayName"`
	Pinned        bool   `json:"pinned"`
	IsEdited      bool   `json:"isEdited"`
	PayloadType   string `json:"payloadType"`
	Payload       string `json:"payload"`
	CreatedAt     string `json:"createdAt"`
}

const (
	textMessage  = "TEXT_MESSAGE"
	imageMessage = "IMAGE_MESSAGE"
	fileMessage  = "FILE_MESSAGE"
)

// messages returns the talk as a chat. An image, a file and a text of several
// lines follow the first three lines. What the payload of an image or a file
// holds is documented nowhere; here it is its link, which the server answers.
func messages(s subject) []message {
	t := newTalk(s)
	out := make([]message, 0, len(t.lines)+3)
	add := func(who *person, at time.Duration, kind, payload string) {
		out = append(out, message{
			ID:            t.ids.Next(),
			ParticipantID: who.peerID,
			SessionID:     t.sessionID,
			MeetingID:     t.meetingID,
			DisplayName:   who.name,
			Pinned:        len(out) == 0,
			IsEdited:      len(out) == 2,
			PayloadType:   kind,
			Payload:       payload,
			CreatedAt:     t.timestamp(at),
		})
	}
	for i, l := range t.lines {
		add(l.who, l.start, textMessage, l.text)
		switch i {
		case 0:
			add(l.who, l.end, imageMessage, s.base+Chat.Path(s.token, "whiteboard.png"))
		case 1:
			add(l.who, l.end, fileMessage, s.base+Chat.Path(s.token, "agenda.txt"))
		case 2:
			add(l.who, l.end, textMessage, "Open points:\n1. the contract\n2. \"the plan\", again")
		}
	}
	return out
}

// renderChat returns a chat export as an array: the guide's URL ends in .json.
func renderChat(s subject) ([]byte, error) { return marshal(messages(s)) }

// renderChatCSV returns a chat export as older documents describe it: with
// column headings.
func renderChatCSV(s subject) ([]byte, error) {
	var out bytes.Buffer
	rows := [][]string{{
		"id", "participantId", "sessionId", "meetingId", "displayName", "pinned", "isEdited", "payloadType", "payload", "createdAt",
	}}
	for _, m := range messages(s) {
		rows = append(rows, []string{
			m.ID, m.ParticipantID, m.SessionID, m.MeetingID, m.DisplayName,
			strconv.FormatBool(m.Pinned), strconv.FormatBool(m.IsEdited), m.PayloadType, m.Payload, m.CreatedAt,
		})
	}
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	return out.Bytes(), nil
}

// renderImage returns what an image message links to: a pattern of 8 by 8
// fields that the token chooses, the same on the left and on the right.
func renderImage(s subject) ([]byte, error) {
	const fields, size = 8, 16
	board := image.NewPaletted(image.Rect(0, 0, fields*size, fields*size),
		color.Palette{color.White, color.RGBA{R: 251, G: 146, B: 60, A: 255}})
	sum := sha256.Sum256([]byte(s.token))
	for y := range fields * size {
		for x := range fields * size {
			column := min(x/size, fields-1-x/size)
			board.SetColorIndex(x, y, sum[y/size]>>column&1)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, board); err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	return out.Bytes(), nil
}

// renderFile returns what a file message links to.
func renderFile(s subject) ([]byte, error) {
	t := newTalk(s)
	var out bytes.Buffer
	fmt.Fprintf(&out, "Agenda of session %s\n\n1. the plan\n2. the numbers\n\n", t.sessionID)
	for _, name := range t.names() {
		fmt.Fprintf(&out, "for: %s\n", name)
	}
	return out.Bytes(), nil
}

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	return out.Bytes(), nil
}
