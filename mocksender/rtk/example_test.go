package rtk_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func Example() {
	key, err := rtk.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	event := rtk.Event{Type: rtk.MeetingStarted, Body: []byte(`{"event":"meeting.started"}`)}
	signature, err := rtk.Sign(key, event.Body)
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println("genuine: ", rtk.Verify(&key.PublicKey, event.Body, signature))
	fmt.Println("tampered:", rtk.Verify(&key.PublicKey, []byte(`{"event":"meeting.ended"}`), signature))
	// Output:
	// genuine:  <nil>
	// tampered: rtk: signature does not verify: not made over these bytes by this key
}

func ExampleKeyring() {
	keys := rtk.GenerateKeyring() // returns at once; the key is being made
	before, err := keys.Sign([]byte("{}"))
	if err != nil {
		log.Fatal(err)
	}

	fresh, err := rtk.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	keys.Rotate(fresh)

	fmt.Println(rtk.Verify(&fresh.PublicKey, []byte("{}"), before) == nil)
	// Output: false
}

func ExampleKeyDocument() {
	document, err := rtk.KeyDocument("-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(document))
	// Output: {"success":true,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----"},"message":""}
}

func ExampleHeaderNames_Sets() {
	header := make(http.Header)
	for _, names := range rtk.HeadersBoth.Sets() {
		header.Set(names.UUID, "5e2c5bd0-6f8a-4a21-9d5e-3c2b4c1d0e9f")
	}
	fmt.Println(header.Get("rtk-uuid") == header.Get("dyte-uuid"))
	// Output: true
}

func ExampleParseEventType() {
	_, err := rtk.ParseEventType("meeting.start")
	fmt.Println(err)
	// Output: rtk: unknown event "meeting.start", want one of meeting.started, meeting.ended, meeting.participantJoined, meeting.participantLeft, meeting.chatSynced, recording.statusUpdate, livestreaming.statusUpdate, meeting.transcript, meeting.summary
}

func ExampleIDs() {
	ids := rtk.NewIDs(1, "uuid")
	same := rtk.NewIDs(1, "uuid")
	fmt.Println(ids.Next() == same.Next())
	// Output: true
}
