package scenarios_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rtkmock/rtkmock/scenarios"
)

func ExamplePlay() {
	// A receiver that has forgotten to verify.
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()

	script, err := scenarios.Parse("mine.json", []byte(`{
		"title": "Somebody else announces a participant",
		"steps": [
			{"emit": "meeting.started", "who": "host"},
			{"emit": "meeting.participantJoined", "who": "host"},
			{"after": "1m", "emit": "meeting.participantJoined", "who": "mallory",
			 "mutate": ["signature/other-key"], "expect": "rejected"},
			{"after": "10m", "emit": "meeting.ended"}
		]}`))
	if err != nil {
		log.Fatal(err)
	}
	result, err := scenarios.Play(context.Background(), script, scenarios.Options{URL: receiver.URL})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome())
	for _, step := range result.Steps {
		fmt.Printf("%s %s: %s\n", step.Number, step.Do, step.Status)
	}
	// Output:
	// unmet
	// 1 emit meeting.started host: met
	// 2 emit meeting.participantJoined host: met
	// 3 emit meeting.participantJoined mallory as signature/other-key: unmet
	// 4 emit meeting.ended: met
}

func ExampleParse() {
	_, err := scenarios.Parse("mine.json", []byte(`{"title": "A slip", "steps": [{"emit": "meeting.begun"}, {"expct": "2xx", "emit": "meeting.started"}]}`))
	fmt.Println(err)
	// Output:
	// scenarios: mine.json: step 1: emit: found "meeting.begun", want the type of an event such as meeting.started; did you mean "meeting.ended"?
	// mine.json: step 2: expct: found "2xx", want no such member; did you mean "expect"?
}
