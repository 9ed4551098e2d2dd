package service

import (
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/schemas"
)

// Words are the names that the control API knows. Forms need them, and tests that
// go through all there is.
type Words struct {
	Events    []EventWords  `json:"events"`
	States    []store.State `json:"states"`
	KeyFaults []FaultWords  `json:"key_faults"`
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

// words reads the schemas once, on the first request: that takes a moment.
var words = sync.OnceValues(func() (Words, error) {
	out := Words{States: store.States()}
	for _, t := range rtk.EventTypes() {
		fields, err := schemas.Fields(string(t))
		if err != nil {
			return out, err
		}
		out.Events = append(out.Events, EventWords{t, fields})
	}
	for _, f := range wellknown.Faults() {
		// A fault that needs a value cannot be chosen from a list.
		if name := f.String(); !strings.Contains(name, "=") {
			out.KeyFaults = append(out.KeyFaults, FaultWords{name, f.Doc()})
		}
	}
	return out, nil
})
