package service_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// benchService is a service without a network: benchmarks measure its handler.
func benchService(b *testing.B, s store.Store) (*service.Service, http.Handler) {
	b.Helper()
	svc, err := service.New(service.Options{Keys: wellknown.New(rtk.NewKeyring(key(b))), Options: dispatch.Options{Store: s}})
	assert.NilError(b, err)
	b.Cleanup(func() { _, _ = svc.Close(b.Context()) })
	return svc, svc.Handler()
}

func ask(b *testing.B, h http.Handler, want int, method, path, body string) {
	r := httptest.NewRequest(method, "http://127.0.0.1"+kit+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer any")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != want {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

// BenchmarkCreateMeeting is POST /meetings in memory. The bar is 2,000 a second.
func BenchmarkCreateMeeting(b *testing.B) {
	svc, h := benchService(b, nil)
	n := 0
	for b.Loop() {
		ask(b, h, http.StatusCreated, "POST", "/meetings", `{"title":"Standup","record_on_start":true}`)
		if n++; n%50_000 == 0 { // there may be 100,000
			b.StopTimer()
			assert.NilError(b, svc.ResetMeetings())
			b.StartTimer()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// BenchmarkCreateMeetingOnDisk is the same with --state: every answer waits until
// the change is on the disk (fsync). Changes that come together share one.
func BenchmarkCreateMeetingOnDisk(b *testing.B) {
	d, err := store.OpenDisk(b.TempDir(), 0, 0)
	assert.NilError(b, err)
	_, h := benchService(b, d)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ask(b, h, http.StatusCreated, "POST", "/meetings", `{"title":"Standup"}`)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// BenchmarkAddParticipant is POST …/participants, by as many callers as there are
// cores: the signature of the token is nearly all of it.
func BenchmarkAddParticipant(b *testing.B) {
	svc, h := benchService(b, nil)
	m, err := svc.Platform().CreateMeeting(platform.Key{AccountID: "acc", AppID: "app"}, platform.MeetingChange{})
	assert.NilError(b, err)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ask(b, h, http.StatusCreated, "POST", "/meetings/"+m.ID+"/participants", fmt.Sprintf(`{"custom_participant_id":"u-%d","preset_name":"host"}`, n.Add(1)))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "participants/s")
}

// crowd is a platform with 10,000 meetings, each with ten participants, of whom
// two have been in a session that was recorded and streamed.
var crowd = sync.OnceValue(func() *platform.Platform {
	p := platform.New(platform.Options{})
	k, yes := platform.Key{AccountID: "acc", AppID: "app"}, true
	for i := range 10_000 {
		title := fmt.Sprintf("Meeting %d", i)
		m, err := p.CreateMeeting(k, platform.MeetingChange{Title: &title, RecordOnStart: &yes, LiveStreamOnStart: &yes})
		for j := range 10 {
			if err == nil && j < 2 {
				_, err = p.Join(k, m.ID, platform.Who{CustomID: fmt.Sprintf("u-%d-%d", i, j)})
				continue
			}
			custom, preset := fmt.Sprintf("u-%d-%d", i, j), "host"
			if err == nil {
				_, err = p.AddParticipant(k, m.ID, platform.ParticipantChange{CustomID: &custom, PresetName: &preset})
			}
		}
		if err == nil {
			_, err = p.End(k, m.ID)
		}
		if err != nil {
			panic(err)
		}
	}
	return p
})

// BenchmarkListsOfACrowd is a page of each list. The bar is 10 ms.
func BenchmarkListsOfACrowd(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p := crowd()
	runtime.GC()
	runtime.ReadMemStats(&after)
	k, page := platform.Key{AccountID: "acc", AppID: "app"}, platform.Page{Offset: 5000, Limit: 100}
	all, _ := p.Sessions(k, platform.SessionFilter{}, page)
	one := all[0]
	people := func() int {
		_, n, err := p.SessionParticipants(k, one.ID, platform.ParticipantFilter{PeerEvents: true}, platform.Page{})
		assert.NilError(b, err)
		return n
	}
	lists := map[string]func() int{
		"meetings":        func() int { _, n := p.Meetings(k, platform.MeetingFilter{}, page); return n },
		"meetings/search": func() int { _, n := p.Meetings(k, platform.MeetingFilter{Search: "meeting"}, page); return n },
		"overviews": func() int {
			_, n := p.Overviews(platform.Key{}, platform.MeetingFilter{Search: "meeting"}, platform.Page{Limit: 100})
			return n
		},
		"sessions":        func() int { _, n := p.Sessions(k, platform.SessionFilter{}, page); return n },
		"sessions/sorted": func() int { _, n := p.Sessions(k, platform.SessionFilter{ByMinutes: true}, page); return n },
		"recordings":      func() int { _, n := p.Recordings(k, platform.RecordingFilter{}, page); return n },
		"recordings/search": func() int {
			_, n := p.Recordings(k, platform.RecordingFilter{Search: "meeting"}, page)
			return n
		},
		"livestreams":          func() int { _, n := p.Livestreams(k, platform.LivestreamFilter{}, page); return n },
		"session/participants": people,
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				assert.Equal(b, lists[name](), map[bool]int{true: 2, false: 10_000}[name == "session/participants"])
			}
			if name == "meetings" {
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
			}
		})
	}
}
