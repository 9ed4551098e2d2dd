package service

import (
	"net/http"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/schemas"
)

// Words are what may be said to the control API: for forms, and for tests that
// go through all there is.
type Words struct {
	Events    []EventWords `json:"events"`
	States    []State      `json:"states"`
	KeyFaults []FaultWords `json:"key_faults"`
}

// EventWords is an event type and the members that its schema has.
type EventWords struct {
	Name   rtk.EventType   `json:"name"`
	Fields []schemas.Field `json:"fields"`
}

// FaultWords is a fault of the key endpoint.
type FaultWords struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

// words reads the schemas, which takes a moment, when they are first asked for.
var words = sync.OnceValues(func() (Words, error) {
	out := Words{States: States()}
	for _, t := range rtk.EventTypes() {
		fields, err := schemas.Fields(string(t))
		if err != nil {
			return out, err
		}
		out.Events = append(out.Events, EventWords{t, fields})
	}
	for _, f := range wellknown.Faults() {
		// One that wants a value is nothing to choose from a list.
		if name := f.String(); !strings.Contains(name, "=") {
			out.KeyFaults = append(out.KeyFaults, FaultWords{name, f.Doc()})
		}
	}
	return out, nil
})

func getWords(w http.ResponseWriter, _ *http.Request) {
	all, err := words()
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, all)
}
