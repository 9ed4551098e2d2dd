// Command visits is a clinic's visits: see README.md beside this folder.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

// Visit is what the clinic knows of a meeting.
type Visit struct {
	Title          string   `json:"title"`
	Status         string   `json:"status"`
	Attended       []string `json:"attended"`
	RecordingBytes int      `json:"recording_bytes"`
	Works          int      `json:"works"`
}

type app struct {
	kit kit
	key key

	mu     sync.Mutex
	visits map[string]*Visit   // by the id of the meeting
	seen   map[string]struct{} // the uuids of deliveries
	inbox  chan event
}

func main() {
	a := &app{kit: newKit(), visits: map[string]*Visit{}, seen: map[string]struct{}{}, inbox: make(chan event, 1000)}
	go a.work()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /visits", a.postVisit)
	mux.HandleFunc("GET /visits/{meeting}", a.getVisit)
	mux.HandleFunc("POST /webhook", a.webhook)
	address := "127.0.0.1:" + os.Getenv("PORT")
	go func() { log.Fatal(http.ListenAndServe(address, mux)) }()
	if err := a.kit.register("http://" + address + "/webhook"); err != nil {
		log.Fatal(err)
	}
	log.Print("ready")
	select {}
}

func (a *app) postVisit(w http.ResponseWriter, r *http.Request) {
	var wanted struct{ Title, Guest string }
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	made, err := a.kit.plan(wanted.Title, wanted.Guest)
	if err != nil {
		answer(w, http.StatusBadGateway, map[string]string{"error": err.Error()})
		return
	}
	a.mu.Lock()
	a.visits[made.MeetingID] = &Visit{Title: wanted.Title, Status: "planned", Attended: []string{}}
	a.mu.Unlock()
	answer(w, http.StatusCreated, made)
}

func (a *app) getVisit(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, ok := a.visits[r.PathValue("meeting")]
	if !ok {
		answer(w, http.StatusNotFound, map[string]string{"error": "no such visit"})
		return
	}
	answer(w, http.StatusOK, v)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// webhook answers as soon as the event is in the inbox. A delivery that came before
// has the same uuid, and changes nothing.
func (a *app) webhook(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	switch err := a.key.verify(raw, r.Header.Get("rtk-signature")); {
	case errors.Is(err, errSignature):
		answer(w, http.StatusUnauthorized, map[string]string{"error": err.Error()})
		return
	case err != nil: // what cannot be verified now is to come again
		answer(w, http.StatusServiceUnavailable, map[string]string{"error": "the key cannot be had: " + err.Error()})
		return
	}
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	uuid := r.Header.Get("rtk-uuid")
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.seen[uuid]; !ok {
		select {
		case a.inbox <- e:
			a.seen[uuid] = struct{}{}
		default: // it is full: the service will try again
			answer(w, http.StatusServiceUnavailable, map[string]string{"error": "busy"})
			return
		}
	}
	answer(w, http.StatusOK, struct{}{})
}

// change changes the visit of a meeting. Meetings of others are left alone.
func (a *app) change(meeting string, f func(*Visit)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if v, ok := a.visits[meeting]; ok {
		f(v)
	}
}

type event struct {
	Event     string
	Meeting   struct{ ID, SessionID string }
	Recording struct{ ID, Status string }

	tries int
}

const maxTries = 5

// work handles what is in the inbox. What fails is tried again a few times, after the
// others.
func (a *app) work() {
	for e := range a.inbox {
		err := a.handle(e)
		if err == nil {
			a.change(e.Meeting.ID, func(v *Visit) { v.Works++ })
			continue
		}
		log.Printf("%s of %s: %v", e.Event, e.Meeting.ID, err)
		if e.tries++; e.tries < maxTries {
			time.AfterFunc(time.Second, func() { a.inbox <- e })
		}
	}
}

func (a *app) handle(e event) error {
	switch e.Event {
	case "meeting.started": // a retry may come after the end
		a.change(e.Meeting.ID, func(v *Visit) {
			if v.Status == "planned" {
				v.Status = "live"
			}
		})
	case "meeting.ended":
		names, err := a.kit.attended(e.Meeting.SessionID)
		if err != nil {
			return err
		}
		a.change(e.Meeting.ID, func(v *Visit) { v.Status, v.Attended = "ended", names })
	case "recording.statusUpdate":
		if e.Recording.Status != "UPLOADED" {
			return nil
		}
		n, err := a.kit.download(e.Recording.ID)
		if err != nil {
			return err
		}
		a.change(e.Meeting.ID, func(v *Visit) { v.RecordingBytes = n })
	}
	return nil
}
