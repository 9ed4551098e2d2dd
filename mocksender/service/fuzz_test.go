package service_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

// Whatever a client sends, the answer is JSON in a known form, its status blames the
// right side, and the next request is answered.
func FuzzRequests(f *testing.F) {
	s := newStand(f, func(o *service.Options) { o.MaxPending = 10 })
	handler := s.Handler()
	for _, seed := range []struct{ method, path, body string }{
		{"POST", app, `{"name":"n","url":"http://127.0.0.1:1/","events":["meeting.started"],"enabled":false}`},
		{"PATCH", app + "/x", `{"events":[null,1]}`},
		{"PUT", app + "/all", `{"enabled":{}}`},
		{"GET", "/client/v4/accounts/%00/realtime/kit/%ff/webhooks", ``},
		{"POST", "/_rtkmock/emit", `{"event":"meeting.ended","set":{"meeting.title":null,"a.b":[]},"unset":["meeting"],"who":"\u0000"}`},
		{"POST", "/_rtkmock/emit", `{"event":"recording.statusUpdate","set":{"recording.status":{}},"faults":[{"fault":"delay 1h","attempt":-1}]}`},
		{"POST", "/_rtkmock/plays", `{"script":{"title":"x","steps":[{"emit":"meeting.started","times":1e9}]},"speed":1e308}`},
		{"POST", "/_rtkmock/wait", `{"timeout_ms":1e-300}`},
		{"PUT", "/_rtkmock/clock", `{"scale":1e3}`},
		{"PUT", "/_rtkmock/key", `{"fault":"redirect-cross-host=http://x"}`},
		{"GET", "/_rtkmock/deliveries?before=18446744073709551615&limit=1", ``},
		{"POST", "/_rtkmock/deliveries/18446744073709551616/resend", `{}`},
		{"POST", kit + "/meetings", `{"title":null,"recording_config":{"storage_config":{"secret":"x"}},"session_keep_alive_time_in_secs":1e300}`},
		{"PUT", kit + "/meetings/room", `{"title":"x","record_on_start":true}`},
		{"GET", kit + "/sessions?page_no=1000000&per_page=1000&start_time=2026-06-03&participants=,", ``},
		{"POST", "/v2/recordings", `{"meeting_id":"room","max_seconds":60}`},
		{"POST", "/_rtkmock/meetings/room/join", `{"name":"\u0000","custom_participant_id":"x"}`},
		{"POST", "/_rtkmock/meetings/room/leave", `{}`},
		{"POST", "/_rtkmock/meetings/room/artifacts/chat", `{}`},
		{"POST", "/_rtkmock/emit", `{"event":"meeting.participantJoined","meeting_id":"room","set":{"participant.customParticipantId":"x","participant.peerId":"p"}}`},
		{"POST", "/_rtkmock/restore", `{"meetings":[{"account_id":"acc","app_id":"app","id":"room","model":{"id":"room","created_at":"2026-06-03T10:00:00Z","sessions":[{"id":"s","started_at":"2026-06-03T10:00:00Z","stays":[{"name":"n","custom_id":"c","peer_id":"p","joined_at":"2026-06-03T10:00:00Z"}],"recordings":[{"id":"r","status":"RECORDING","file":"f","started_at":"2026-06-03T10:00:00Z"}]}]},"due":[{"at":"2026-06-03T10:00:00Z","kind":"upload","session":"s","recording":"r"}]}]}`},
		{"PUT", "/_rtkmock/clock", `{"advance_ms":1e9}`},
		{"GET", "/artifacts/chat/../../x/y.json", ``},
	} {
		f.Add(seed.method, seed.path, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
		if err != nil || strings.HasPrefix(r.URL.Path, "/_rtkmock/events") || strings.HasPrefix(r.URL.Path, "/.well-known") || r.URL.Host != "127.0.0.1" {
			t.Skip() // no request, or one that is not answered at once
		}
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if strings.HasPrefix(r.URL.Path, "/artifacts") || w.Code/100 == 3 {
			return // its own, and the redirects of net/http
		}
		assert.Assert(t, w.Code < 500 || w.Code == http.StatusGatewayTimeout || w.Code == http.StatusNotImplemented, "%d: %s", w.Code, w.Body)
		assert.Assert(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
		if w.Code >= 400 {
			var v failure
			assert.NilError(t, json.Unmarshal(w.Body.Bytes(), &v))
			assert.Equal(t, v.Error.Code, w.Code)
			assert.Assert(t, v.Error.Message != "")
		}
	})
}

// A state that a file or a snapshot holds is refused with a reason, or is there
// afterwards: its own snapshot is valid and comes back, and meetings go on.
func FuzzState(f *testing.F) {
	s := newStand(f, func(o *service.Options) { o.MaxPending = 10 })
	for _, seed := range []string{
		`{}`,
		`{"apps":[{"account_id":"a","app_id":"b","name":"Clinic","presets":[{"name":"doctor"}]}],"meetings":[{"account_id":"a","app_id":"b","id":"m","title":"t","settings":{"record_on_start":true},"participants":[{"custom_participant_id":"u","preset_name":"doctor"}]}],"webhooks":[{"account_id":"a","app_id":"b","name":"w","url":"http://localhost:1/","events":["meeting.started"]}]}`,
		`{"meetings":[{"account_id":"acc","app_id":"app","id":"room","model":{"id":"room","created_at":"2026-06-03T10:00:00Z","sessions":[{"id":"s","started_at":"2026-06-03T10:00:00Z","stays":[{"name":"n","custom_id":"c","peer_id":"p","joined_at":"2026-06-03T10:00:00Z"}],"recordings":[{"id":"r","status":"RECORDING","file":"f","started_at":"2026-06-03T10:00:00Z"}],"livestreams":[{"id":"l","status":"LIVE"}]}]},"due":[{"at":"2026-06-03T10:00:00Z","kind":"upload","session":"s","recording":"r"}]}],"clock":{"offset_ns":1,"starts":7}}`,
		`{"meetings":[{"account_id":"a","app_id":"b","model":{"id":"x"}}]}`,
		`{"clock":{"offset_ns":9223372036854775807,"starts":18446744073709551615}}`,
		`{"meetings":[null]}`, `[]`, `{"apps":{}}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		to, err := service.ParseSnapshot(data)
		if err == nil {
			err = s.Restore(to)
		}
		if err != nil {
			assert.Assert(t, err.Error() != "" && !strings.Contains(err.Error(), "\n"), "%q", err)
			return
		}
		again, err := s.Snapshot()
		assert.NilError(t, err)
		back, err := service.ParseSnapshot(again)
		assert.NilError(t, err, "%s", again)
		assert.NilError(t, s.Restore(back), "%s", again)
		for _, m := range back.Meetings {
			k := platform.Key{AccountID: m.AccountID, AppID: m.AppID}
			_, joinErr := s.Platform().Join(k, m.ID, platform.Who{CustomID: "new one"})
			_, endErr := s.Platform().End(k, m.ID)
			assert.Assert(t, joinErr != nil || endErr == nil, "%v", endErr)
		}
	})
}
