package mocksendertest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/mocksendertest"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// callAPI makes a call of the fake's REST API.
func callAPI(t *testing.T, fake *mocksendertest.Fake, method, path, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, fake.APIURL()+"/accounts/account/realtime/kit/app"+path, strings.NewReader(body))
	assert.NilError(t, err)
	req.Header.Set("Authorization", "Bearer any")
	res, err := fake.Client().Do(req)
	assert.NilError(t, err)
	defer res.Body.Close()
	var out map[string]any
	assert.NilError(t, json.NewDecoder(res.Body).Decode(&out))
	return res.StatusCode, out
}

func types(events []rtk.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, strings.TrimPrefix(strings.TrimPrefix(string(e.Type), "meeting."), "recording."))
	}
	return strings.Join(out, " ")
}

// A receiver that calls the API because of a webhook finds there what the webhook
// says.
func TestTheRESTAPIShowsWhatHappensInAMeetingOfTheFake(t *testing.T) {
	fake := mocksendertest.New(t, mocksendertest.Options{})
	var found []string
	url := fake.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct {
			Event   string
			Meeting struct{ ID, Title string }
		}
		data, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(data, &e)
		status, out := callAPI(t, fake, http.MethodGet, "/meetings/"+e.Meeting.ID, "")
		if status == http.StatusOK && out["data"].(map[string]any)["title"] == e.Meeting.Title {
			found = append(found, e.Event)
		}
	}))
	m := fake.Meeting(mocksendertest.MeetingOptions{Title: "Standup", TranscribeOnEnd: true})
	status, _ := callAPI(t, fake, http.MethodPost, "/meetings/"+m.ID+"/participants", `{"custom_participant_id":"u-1","preset_name":"host","name":"Mary"}`)
	assert.Equal(t, status, http.StatusCreated)
	events := m.Join("u-1")
	assert.Equal(t, types(events), "started participantJoined")
	for _, e := range events {
		assert.Assert(t, mocksendertest.Delivered(fake.Send(url, e)))
	}
	assert.DeepEqual(t, found, []string{"meeting.started", "meeting.participantJoined"})
	recording, events := m.Record()
	assert.Equal(t, types(events), "statusUpdate")
	status, _ = callAPI(t, fake, http.MethodPut, "/recordings/"+recording.ID, `{"action":"stop"}`)
	assert.Equal(t, status, http.StatusOK)
	assert.Equal(t, types(fake.Caused()), "statusUpdate", "what a call caused waits for the test")
	assert.Equal(t, types(fake.Advance(time.Minute)), "statusUpdate")
	_, out := callAPI(t, fake, http.MethodGet, "/recordings/"+recording.ID, "")
	download := out["data"].(map[string]any)
	res, err := fake.Client().Get(download["download_url"].(string)) //nolint:noctx // a test
	assert.NilError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	assert.NilError(t, err)
	assert.Equal(t, float64(len(data)), download["file_size"])

	assert.Equal(t, types(m.Leave("Mary")), "participantLeft ended")
	assert.Equal(t, types(fake.Advance(time.Minute)), "chatSynced transcript")
	assert.Equal(t, types(m.Join("Bob")), "started participantJoined", "another session")
	_, events = m.Stream()
	assert.Equal(t, len(events), 1)
	assert.Equal(t, len(m.StopStream()), 1)
	assert.Equal(t, types(fake.MeetingByID(m.ID).End()), "participantLeft ended")
	assert.Equal(t, len(fake.Caused()), 0)
}

func TestASessionOfTheFakeIsKeptAlive(t *testing.T) {
	fake := mocksendertest.New(t, mocksendertest.Options{})
	m := fake.Meeting(mocksendertest.MeetingOptions{ID: "room", KeepAlive: 5 * time.Minute})
	m.Join("Mary")
	assert.Equal(t, types(m.Leave("Mary")), "participantLeft")
	assert.Equal(t, types(fake.Advance(4*time.Minute)), "")
	assert.Equal(t, types(m.Join("Mary")), "participantJoined", "the session goes on")
	assert.Equal(t, types(fake.Advance(4*time.Minute)), "", "it is not empty")
	m.Leave("Mary")
	assert.Equal(t, types(fake.Advance(4*time.Minute)), "", "the keep-alive began again")
	assert.Equal(t, types(fake.Advance(time.Minute)), "ended")
}

func TestTheHostNamesOfTheAPILeadToTheFakeInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := mocksendertest.New(t, mocksendertest.Options{Net: new(mocksendertest.Net)})
		client := fake.Client()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			"https://api.cloudflare.com/client/v4/accounts/account/realtime/kit/app/meetings", strings.NewReader(`{"transcribe_on_end":true}`))
		assert.NilError(t, err)
		req.Header.Set("Authorization", "Bearer any")
		res, err := client.Do(req)
		assert.NilError(t, err)
		defer res.Body.Close()
		var made struct{ Data struct{ ID string } }
		assert.NilError(t, json.NewDecoder(res.Body).Decode(&made))
		m := fake.MeetingByID(made.Data.ID)
		m.Join("Mary")
		m.Leave("Mary")
		<-time.After(time.Minute) // a minute of the bubble takes no time
		synctest.Wait()
		assert.Equal(t, types(fake.Caused()), "chatSynced transcript")
		client.CloseIdleConnections()
	})
}
