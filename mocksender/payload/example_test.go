package payload_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func Example() {
	m, err := payload.New(payload.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	mary := payload.Participant{Name: "Mary Sue", CustomID: "user-123"}
	show := func(events []rtk.Event, err error) {
		for _, event := range events {
			fmt.Println(m.Now().Format(time.TimeOnly), event.Type)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	show(m.Join(mary))
	show(m.ChatSynced())
	show(nil, m.Advance(20*time.Minute))
	show(m.Leave(mary))
	show(m.ChatSynced())
	// Output:
	// 10:00:00 meeting.started
	// 10:00:00 meeting.participantJoined
	// payload: not possible now: the session has not ended: meeting.chatSynced must wait
	// 10:20:01 meeting.participantLeft
	// 10:20:01 meeting.ended
	// 10:20:01 meeting.chatSynced
}

func ExampleSample() {
	event, err := payload.Sample(rtk.LivestreamStatusUpdate, payload.Options{
		Seed:             1,
		MeetingID:        "room-7",
		Title:            "Weekly sync",
		OrganizationID:   "org-1",
		OrganizationName: "Example organization",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	meeting, err := payload.Get(event.Body, "meeting")
	fmt.Println(string(meeting), err)
	// Output: {"id":"room-7","title":"Weekly sync","createdAt":"2026-06-03T10:00:00.000Z","status":"LIVE","organizedBy":{"id":"org-1","name":"Example organization"}} <nil>
}

func ExampleSet() {
	body := []byte(`{"event":"meeting.ended", "meeting":{"id":"room-7"}}`)
	body, err := payload.Set(body, "meeting.title", []byte(`"Weekly sync"`))
	fmt.Println(string(body), err)
	_, err = payload.Set(body, "meeting.id.number", []byte("7"))
	fmt.Println(errors.Is(err, payload.ErrPath), err)
	// Output:
	// {"event":"meeting.ended", "meeting":{"id":"room-7","title":"Weekly sync"}} <nil>
	// true payload: path does not fit: "meeting.id.number": segment 3, "number": found a string before it, want an object
}

func ExampleParseForm() {
	form, err := payload.ParseForm("room-name")
	fmt.Println(form, err)
	fmt.Println(form.Doc())
	// Output:
	// room-name <nil>
	// meeting objects also carry roomName, equal to meeting.id
}
