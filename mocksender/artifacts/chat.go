package artifacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"time"
)

// writeChatJSON writes an array, because the guide's URL ends in .json.
func writeChatJSON(out *bytes.Buffer, s source) { writeJSON(out, messages(s)) }

// writeChatCSV writes the messages below a row of column names, as older
// documents of the vendor describe it.
func writeChatCSV(out *bytes.Buffer, s source) {
	rows := [][]string{{
		"id", "participantId", "sessionId", "meetingId", "displayName", "pinned", "isEdited", "payloadType", "payload", "createdAt",
	}}
	for _, m := range messages(s) {
		rows = append(rows, []string{
			m.ID, m.ParticipantID, m.SessionID, m.MeetingID, m.DisplayName,
			strconv.FormatBool(m.Pinned), strconv.FormatBool(m.IsEdited), m.PayloadType, m.Payload, m.CreatedAt,
		})
	}
	_ = csv.NewWriter(out).WriteAll(rows) // writing to memory does not fail
}

// message is a row of a chat export. The columns and the three payload types
// are those of the vendor's page on the chat dump (practice).
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

// messages returns the conversation as a chat. An image, a file and a text of
// several lines follow the first three lines. No document says what the payload
// of an image or a file holds; here it is a link that the server answers.
func messages(s source) []message {
	c := newConversation(s)
	out := make([]message, 0, len(c.lines)+3)
	add := func(from *participant, at time.Duration, payloadType, payload string) {
		out = append(out, message{
			ID:            c.ids.Next(),
			ParticipantID: from.peerID,
			SessionID:     c.sessionID,
			MeetingID:     c.meetingID,
			DisplayName:   from.name,
			Pinned:        len(out) == 0,
			IsEdited:      len(out) == 2,
			PayloadType:   payloadType,
			Payload:       payload,
			CreatedAt:     c.timestamp(at),
		})
	}
	for i, l := range c.lines {
		add(l.speaker, l.start, textMessage, l.text)
		switch i {
		case 0:
			add(l.speaker, l.end, imageMessage, s.baseURL+Chat.Path(s.token, "whiteboard.png"))
		case 1:
			add(l.speaker, l.end, fileMessage, s.baseURL+Chat.Path(s.token, "agenda.txt"))
		case 2:
			add(l.speaker, l.end, textMessage, "Open points:\n1. the contract\n2. \"the plan\", again")
		}
	}
	return out
}

// writeChatImage writes the image that a message links to: a symmetric pattern
// of 8 by 8 squares. The token selects the pattern.
func writeChatImage(out *bytes.Buffer, s source) {
	const squares, size = 8, 16
	board := image.NewPaletted(image.Rect(0, 0, squares*size, squares*size),
		color.Palette{color.White, color.RGBA{R: 251, G: 146, B: 60, A: 255}})
	sum := sha256.Sum256([]byte(s.token))
	for y := range squares * size {
		for x := range squares * size {
			column := min(x/size, squares-1-x/size)
			board.SetColorIndex(x, y, sum[y/size]>>column&1)
		}
	}
	_ = png.Encode(out, board) // writing to memory does not fail
}

// writeChatFile writes the file that a message links to.
func writeChatFile(out *bytes.Buffer, s source) {
	c := newConversation(s)
	fmt.Fprintf(out, "Agenda of session %s\n\n1. the plan\n2. the numbers\n\n", c.sessionID)
	for _, name := range c.names() {
		fmt.Fprintf(out, "for: %s\n", name)
	}
}
