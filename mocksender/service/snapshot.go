package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/schemas"
)

// Snapshot is the state of a service that Restore can bring back: everything but
// the key, the deliveries and the plays. A person may write one to begin with.
type Snapshot struct {
	Schema string `json:"$schema,omitempty"`
	platform.State
	Webhooks []SnapshotWebhook `json:"webhooks,omitempty"`
}

// SnapshotWebhook is a webhook in a Snapshot. Without an id it gets one; enabled is
// true unless it says otherwise.
type SnapshotWebhook struct {
	store.App
	ID      string   `json:"id,omitempty"`
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Events  []string `json:"events"`
	Enabled *bool    `json:"enabled,omitempty"`
}

// ParseSnapshot reads a Snapshot, and checks it against the schema "state". The
// error names what is wrong.
func ParseSnapshot(data []byte) (Snapshot, error) {
	var s Snapshot
	if err := schemas.Validate("state", schemas.Open, data); err != nil {
		return s, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&s); err != nil {
		return s, fmt.Errorf("service: the state does not fit: %w", err)
	}
	return s, nil
}

// Snapshot returns the present state, as JSON that ParseSnapshot reads.
func (s *Service) Snapshot() ([]byte, error) {
	state, err := s.platform.Encode()
	if err != nil {
		return nil, err
	}
	hooks := []SnapshotWebhook{}
	for _, w := range s.Webhooks() {
		one := SnapshotWebhook{App: w.App, ID: w.ID, Name: w.Name, URL: w.URL, Enabled: &w.Enabled}
		for _, e := range w.Events {
			one.Events = append(one.Events, string(e))
		}
		hooks = append(hooks, one)
	}
	more, err := json.Marshal(map[string]any{"webhooks": hooks})
	if err != nil {
		return nil, err
	}
	// Two objects become one.
	return append(append(bytes.TrimSuffix(state, []byte("}")), ','), more[1:]...), nil
}

// Restore replaces apps, presets, meetings and webhooks by those of the snapshot,
// whose values belong to the service afterwards. Deliveries and plays end as with
// Reset. The error says what is wrong with the snapshot; nothing has changed then.
func (s *Service) Restore(to Snapshot) error {
	var hooks []store.Webhook
	for i, given := range to.Webhooks {
		w := store.Webhook{App: given.App, ID: given.ID, Enabled: given.Enabled == nil || *given.Enabled}
		w, err := registration{Name: &given.Name, URL: &given.URL, Events: &given.Events}.apply(w, true)
		if err != nil {
			return jsonapi.Invalid("webhooks %d: %s", i, err)
		}
		w.Enabled = given.Enabled == nil || *given.Enabled
		hooks = append(hooks, w)
	}
	s.resetting.Lock()
	defer s.resetting.Unlock()
	if err := s.Fits(hooks); err != nil {
		return err
	}
	restore, err := s.platform.Prepare(to.State)
	if err != nil {
		return err
	}
	s.plays.stop(false)
	if err := s.Clear(); err != nil {
		return err
	}
	s.emitters.clear()
	if err := restore(); err != nil {
		return err
	}
	s.describeAll()
	for _, w := range hooks {
		if _, err := s.Register(w); err != nil {
			return err
		}
	}
	s.updates.report(Update{Kind: WasReset})
	return nil
}

func (s *Service) getSnapshot(*http.Request) (any, error) {
	data, err := s.Snapshot()
	return json.RawMessage(data), err
}

// postRestore brings back a snapshot that may be large.
func (s *Service) postRestore(w http.ResponseWriter, r *http.Request) {
	data, err := jsonapi.ReadUpTo(w, r, maxSnapshot)
	var to Snapshot
	if err == nil {
		if to, err = ParseSnapshot(data); err != nil {
			err = jsonapi.Invalid("%s", plain(err))
		}
	}
	if err == nil {
		err = s.Restore(to)
	}
	respond(w, http.StatusOK, s.Health(), err)
}

// maxSnapshot bounds the body of restore, in bytes.
const maxSnapshot = 256 << 20
