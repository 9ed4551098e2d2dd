package service_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// childState is the environment variable that makes the test binary a server
// with its state in the folder that it names.
const childState = "RTKMOCK_TEST_STATE"

// TestServesUntilItIsKilled is not a test. It is the server of the test below.
func TestServesUntilItIsKilled(t *testing.T) {
	dir := os.Getenv(childState)
	if dir == "" {
		t.Skip("it is the server of another test")
	}
	d, err := store.OpenDisk(dir, 0, 0)
	assert.NilError(t, err)
	pem, err := d.Key()
	assert.NilError(t, err)
	fresh := pem == nil
	if fresh {
		pem, err = rtk.PrivatePEM(key(t))
		assert.NilError(t, err)
		assert.NilError(t, d.PutKey(pem))
	}
	k, err := rtk.ParsePrivateKey(pem)
	assert.NilError(t, err)
	waits := make([]time.Duration, 100)
	for i := range waits {
		waits[i] = 20 * time.Millisecond
	}
	s, err := service.New(service.Options{
		Options: dispatch.Options{Store: d, Sender: mocksender.Options{Retry: mocksender.Retry{Waits: waits}}},
		Keys:    wellknown.New(rtk.NewKeyring(k)),
	})
	assert.NilError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	fmt.Printf("http://%s\n", ln.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // the end of the other test is the end of this one
		os.Exit(0)
	}()
	t.Log(http.Serve(ln, s.Handler()))
}

// child is a server in a process of its own.
type child struct {
	url  string
	kill func()
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServesUntilItIsKilled$")
	cmd.Env = append(os.Environ(), childState+"="+dir)
	_, err := cmd.StdinPipe()
	assert.NilError(t, err)
	out, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, cmd.Start())
	kill := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	assert.NilError(t, err, line)
	if !strings.HasPrefix(line, "http") {
		why, _ := io.ReadAll(lines)
		t.Fatalf("the server does not start: %s%s", line, why)
	}
	return &child{strings.TrimSpace(line), kill}
}

// flaky is a target that answers three of ten deliveries 503.
type flaky struct {
	*httptest.Server
	mu       sync.Mutex
	accepted map[string]bool            // by rtk-uuid
	joined   map[string]bool            // by custom id
	said     map[string]map[string]bool // statuses and ends, by the id of what has them
}

func newFlaky(t *testing.T) *flaky {
	f := &flaky{accepted: map[string]bool{}, joined: map[string]bool{}, said: map[string]map[string]bool{}}
	note := func(id, what string) {
		if f.said[id] == nil {
			f.said[id] = map[string]bool{}
		}
		f.said[id][what] = true
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct {
			Participant             struct{ CustomParticipantID string }
			Recording               struct{ ID, Status string }
			Meeting                 struct{ SessionID string }
			StreamID, Status, Event string
		}
		_ = json.NewDecoder(r.Body).Decode(&e)
		if rand.IntN(10) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.accepted[r.Header.Get(rtk.HeaderUUID)] = true
		f.joined[e.Participant.CustomParticipantID] = true
		note(e.Recording.ID, e.Recording.Status)
		note(e.StreamID, e.Status)
		note(e.Meeting.SessionID, e.Event)
	}))
	t.Cleanup(f.Close)
	return f
}

// promises are what the servers have acknowledged.
type promises struct {
	mu         sync.Mutex
	webhooks   []string
	deliveries map[uint64]string // rtk-uuid by ID
	meetings   map[string]string // titles by id
	joins      map[string]string // custom ids by meeting
	recordings map[string]bool   // by id
	streams    map[string]bool   // likewise
	ended      map[string]bool   // sessions
}

func newPromises() *promises {
	return &promises{
		deliveries: map[uint64]string{}, meetings: map[string]string{}, joins: map[string]string{},
		recordings: map[string]bool{}, streams: map[string]bool{}, ended: map[string]bool{},
	}
}

// covers reports whether something of each kind was acknowledged.
func (p *promises) covers() bool {
	return len(p.webhooks) > 0 && len(p.deliveries) > 5 && len(p.joins) > 0 && len(p.recordings)+len(p.streams)+len(p.ended) > 0
}

func (p *promises) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.webhooks) + len(p.deliveries) + len(p.meetings) + len(p.joins) + len(p.recordings) + len(p.streams) + len(p.ended)
}

func TestNothingAcknowledgedIsLostToAKill(t *testing.T) {
	t.Parallel()
	dir, target := t.TempDir(), newFlaky(t)
	p := newPromises()
	for n := 0; n < 6 || n < 60 && !p.covers(); n++ {
		c := startChild(t, dir)
		enough := p.count() + 1 + rand.IntN(40)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for p.ask(c.url, target.URL) {
					if p.count() >= enough {
						c.kill() // in the middle of what the others ask for
					}
				}
			})
		}
		wg.Wait()
	}

	c := startChild(t, dir)
	resp, err := http.Post(c.url+"/_rtkmock/wait", "application/json", strings.NewReader(`{"timeout_ms":60000}`))
	assert.NilError(t, err)
	resp.Body.Close()
	assert.Equal(t, resp.StatusCode, http.StatusOK)
	var standing struct{ Webhooks []dispatch.WebhookStatus }
	get(t, c.url+"/_rtkmock/webhooks", &standing)
	listed := map[string]bool{}
	for _, w := range standing.Webhooks {
		listed[w.ID] = true
	}
	for _, id := range p.webhooks {
		assert.Assert(t, listed[id], "the webhook %s was acknowledged and is gone", id)
	}
	assert.Assert(t, p.covers(), "%+v", p)
	p.checkMeetings(t, c.url, target)
	for id, uuid := range p.deliveries {
		var d store.Delivery
		get(t, fmt.Sprintf("%s/_rtkmock/deliveries/%d", c.url, id), &d)
		assert.Equal(t, d.UUID, uuid)
		assert.Equal(t, d.State, store.Delivered, "delivery %d: %s", id, d.Reason)
		assert.Assert(t, target.accepted[uuid], "delivery %d was acknowledged, and never arrived", id)
	}
}

// checkMeetings checks that the REST API has what it acknowledged, and that what it
// caused has arrived.
func (p *promises) checkMeetings(t *testing.T, url string, target *flaky) {
	t.Helper()
	read := func(path string, out any) {
		req, err := http.NewRequest(http.MethodGet, url+kit+path, nil)
		assert.NilError(t, err)
		req.Header.Set("Authorization", "Bearer any")
		assert.Assert(t, answered(http.StatusOK, out)(http.DefaultClient.Do(req)), path)
	}
	for id, title := range p.meetings {
		var m struct{ Data struct{ Title string } }
		read("/meetings/"+id, &m)
		assert.Equal(t, m.Data.Title, title)
	}
	for id, custom := range p.joins {
		var people struct {
			Data []struct {
				CustomID string `json:"custom_participant_id"`
			}
		}
		read("/meetings/"+id+"/participants", &people)
		assert.Equal(t, len(people.Data), 1)
		assert.Equal(t, people.Data[0].CustomID, custom)
		assert.Assert(t, target.joined[custom], "the join of %s was acknowledged, and its webhook never arrived", custom)
		var list struct {
			Data struct {
				Sessions []struct {
					ID, Status string
					Live       int `json:"live_participants"`
				}
			}
		}
		read("/sessions?associated_id="+id, &list)
		assert.Equal(t, len(list.Data.Sessions), 1)
		one := list.Data.Sessions[0]
		// What was asked for and not acknowledged may have happened.
		assert.Assert(t, one.Status == "LIVE" && one.Live == 1 && !p.ended[one.ID] || one.Status == "ENDED" && one.Live == 0, "%+v", one)
		assert.Assert(t, one.Status == "LIVE" || target.said[one.ID]["meeting.ended"], "the end of %s was never said", one.ID)
	}
	for id := range p.recordings {
		var r struct{ Data struct{ Status string } }
		read("/recordings/"+id, &r)
		assert.Assert(t, target.said[id][r.Data.Status], "the recording %s is %s, and no webhook said so", id, r.Data.Status)
	}
	for id := range p.streams {
		var l struct {
			Data struct{ Livestream struct{ Status string } }
		}
		read("/livestreams/"+id, &l)
		want := map[string]string{"LIVE": "LIVE", "IDLE": "OFFLINE"}[l.Data.Livestream.Status]
		assert.Assert(t, target.said[id][want], "the livestream %s is %s, and no webhook said so", id, l.Data.Livestream.Status)
	}
}

// askMeeting makes a meeting, and lets somebody join it.
func (p *promises) askMeeting(url string) bool {
	title := fmt.Sprintf("Meeting %d", rand.Uint64())
	req, err := http.NewRequest(http.MethodPost, url+kit+"/meetings", strings.NewReader(fmt.Sprintf(`{"title":%q}`, title)))
	if err != nil {
		return false
	}
	req.Header.Set("Authorization", "Bearer any")
	var made struct{ Data struct{ ID string } }
	if !answered(http.StatusCreated, &made)(http.DefaultClient.Do(req)) {
		return false
	}
	p.mu.Lock()
	p.meetings[made.Data.ID] = title
	p.mu.Unlock()
	var joined struct {
		Participant struct {
			CustomID string `json:"custom_participant_id"`
		}
	}
	custom := fmt.Sprintf("user-%d", rand.Uint64())
	body := strings.NewReader(fmt.Sprintf(`{"custom_participant_id":%q}`, custom))
	if !answered(http.StatusAccepted, &joined)(http.Post(url+"/_rtkmock/meetings/"+made.Data.ID+"/join", "application/json", body)) {
		return false
	}
	p.mu.Lock()
	p.joins[made.Data.ID] = joined.Participant.CustomID
	p.mu.Unlock()
	return p.askMore(url, made.Data.ID)
}

// askMore starts a recording and a livestream of a meeting, and ends it, or some of
// that.
func (p *promises) askMore(url, meeting string) bool {
	door := func(name string, out any) bool {
		return answered(http.StatusAccepted, out)(http.Post(url+"/_rtkmock/meetings/"+meeting+"/"+name, "application/json", nil))
	}
	var one struct{ ID string }
	for name, all := range map[string]map[string]bool{"record": p.recordings, "livestream": p.streams} {
		if rand.IntN(2) == 0 {
			continue
		}
		if !door(name, &one) {
			return false
		}
		p.mu.Lock()
		all[one.ID] = true
		p.mu.Unlock()
	}
	if rand.IntN(2) == 0 {
		return true
	}
	var end struct {
		Session string `json:"session_id"`
	}
	if !door("end", &end) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[end.Session] = true
	return true
}

// ask registers a webhook, makes a meeting or emits an event, and records what is acknowledged. It
// reports whether the server answered.
func (p *promises) ask(url, target string) bool {
	if p.count() == 0 || rand.IntN(8) == 0 {
		body := fmt.Sprintf(`{"name":"x","url":%q,"events":["meeting.participantJoined","meeting.ended","recording.statusUpdate","livestreaming.statusUpdate"]}`, target)
		req, err := http.NewRequest(http.MethodPost, url+app, strings.NewReader(body))
		if err != nil {
			return false
		}
		req.Header.Set("Authorization", "Bearer any")
		var made struct{ Data struct{ ID string } }
		if !answered(http.StatusCreated, &made)(http.DefaultClient.Do(req)) {
			return false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.webhooks = append(p.webhooks, made.Data.ID)
		return true
	}
	if rand.IntN(3) == 0 {
		return p.askMeeting(url)
	}
	var made service.Emitted
	if !answered(http.StatusAccepted, &made)(http.Post(url+"/_rtkmock/emit", "application/json", strings.NewReader(`{"event":"meeting.participantJoined"}`))) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range made.Deliveries {
		p.deliveries[d.ID] = d.UUID
	}
	return true
}

// answered reads an answer with the status into out, and reports whether it was
// complete.
func answered(status int, out any) func(*http.Response, error) bool {
	return func(resp *http.Response, err error) bool {
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == status && json.NewDecoder(resp.Body).Decode(out) == nil
	}
}

func get(t *testing.T, url string, out any) {
	t.Helper()
	assert.Assert(t, answered(http.StatusOK, out)(http.Get(url)), url)
}
