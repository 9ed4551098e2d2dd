//go:build e2e

package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/page"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// stand is a service with its page, and a target that answers as told.
type stand struct {
	*service.Service
	url    string
	target string
	answer atomic.Pointer[http.HandlerFunc]
	got    atomic.Int32
}

var app = store.App{AccountID: "acc", AppID: "app"}

func newStand(t *testing.T, o service.Options) *stand {
	t.Helper()
	s := &stand{}
	server := httptest.NewUnstartedServer(nil)
	s.url = "http://" + server.Listener.Addr().String()
	o.Page, o.BaseURL = page.Handler(), s.url
	made, err := service.New(o)
	assert.NilError(t, err)
	s.Service = made
	server.Config.Handler = made.Handler()
	server.Start()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.got.Add(1)
		if h := s.answer.Load(); h != nil {
			(*h)(w, r)
		}
	}))
	s.target = target.URL + "/webhook"
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_, _ = made.Close(ended)
		server.CloseClientConnections()
		server.Close()
		target.Close()
	})
	s.register(t, "Production webhook", s.target)
	return s
}

func (s *stand) register(t *testing.T, name, url string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"name": name, "url": url, "events": rtk.EventTypes()})
	assert.NilError(t, err)
	r, err := http.NewRequest(http.MethodPost, s.url+"/client/v4/accounts/acc/realtime/kit/app/webhooks", strings.NewReader(string(body)))
	assert.NilError(t, err)
	r.Header.Set("Authorization", "Bearer any")
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	assert.NilError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, resp.StatusCode, http.StatusCreated)
}

func (s *stand) emit(t *testing.T, e service.Emission) {
	t.Helper()
	e.App = app
	_, err := s.Emit(e)
	assert.NilError(t, err)
}

func (s *stand) quiet(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	assert.NilError(t, s.WaitQuiet(ctx))
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until("document.getElementById('connection').textContent === 'live'")
}

// reads asserts that the open delivery shows the text.
func (b *tab) reads(text string) {
	b.t.Helper()
	shown := say[string](b, "document.getElementById('detail').innerText")
	assert.Assert(b.t, strings.Contains(shown, text), "%q is not among:\n%s", text, shown)
}

const rows = "[...document.querySelectorAll('.row')]"

func TestE2EPageShowsDeliveriesAsTheyHappen(t *testing.T) {
	s := newStand(t, service.Options{})
	b := newTab(t)
	b.scheme("light")
	b.open(s.url)
	b.until("document.getElementById('webhooks').textContent.includes('Production webhook')")
	assert.Assert(t, say[bool](b, "!document.getElementById('none').hidden"))

	standing := func(want string) {
		t.Helper()
		b.until("document.querySelector('#webhooks .state').textContent === '" + want + "'")
	}
	standing("nothing sent yet")
	s.emit(t, service.Emission{Event: rtk.MeetingStarted})
	b.until(rows + ".length === 1 && " + rows + "[0].textContent.includes('delivered')")
	standing("healthy")
	assert.Assert(t, say[bool](b, "document.getElementById('trouble').hidden"))
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not today", http.StatusTeapot) })
	s.answer.Store(&refuse)
	s.emit(t, service.Emission{Event: rtk.MeetingParticipantJoined, Who: "mary"})
	b.until(rows + ".some((r) => r.textContent.includes('failed') && r.textContent.includes('418'))")
	standing("failing")
	assert.Equal(t, say[string](b, "document.getElementById('trouble').textContent"), "1 webhook failing")
	assert.Assert(t, say[bool](b, "document.getElementById('trouble').getBoundingClientRect().bottom < 100"), "it is in the first screen, whatever its width")

	// The open delivery shows what was sent and answered, and sends it again.
	b.do(chromedp.Click(chromedp.CSS("#d-2")))
	b.until("document.querySelector('#detail h2')?.textContent === 'Delivery 2'")
	b.reads("signature verified")
	b.reads("not today")
	d, err := s.Delivery(2)
	assert.NilError(t, err)
	assert.Equal(t, say[string](b, "document.querySelector('#detail .exact').textContent"), string(d.Body))
	assert.Assert(t, say[bool](b, "document.querySelector('#detail .code code').textContent.startsWith('curl ')"))
	b.picture("light")
	s.answer.Store(nil)
	before := s.got.Load()
	b.keys("r")
	b.until("document.querySelector('#detail h2')?.textContent === 'Delivery 3'")
	s.quiet(t)
	assert.Equal(t, s.got.Load(), before+1)
	b.until("document.querySelector('#detail .state').textContent === 'delivered'")
	b.keys("Escape")
	assert.Assert(t, say[bool](b, "document.getElementById('detail').hidden"))
	b.calm(s.url)
}

func TestE2EPageEmitsByAFormOfTheSchema(t *testing.T) {
	s := newStand(t, service.Options{})
	b := newTab(t)
	b.open(s.url)
	b.until("document.querySelectorAll('#emit-event option').length === 9")
	say[bool](b, `(() => {
		const change = (id, value) => { const e = document.getElementById(id); e.value = value; e.dispatchEvent(new Event("change", {bubbles: true})); };
		change("emit-event", "recording.statusUpdate");
		const named = (path) => document.querySelector('#emit-fields [name="' + path + '"]');
		named("recording.status").value = '"ERRORED"';
		named("meeting.title").value = "Über <b>alles</b>";
		document.querySelector('[data-path="recording.outputFileName"]').checked = true;
		document.getElementById("emit-form").requestSubmit();
		return true;
	})()`)
	b.until(rows + ".length === 1")
	s.quiet(t)
	d, err := s.Delivery(1)
	assert.NilError(t, err)
	assert.Equal(t, d.State, store.Delivered)
	for _, want := range []string{`"status":"ERRORED"`, `"title":"Über <b>alles</b>"`} {
		assert.Assert(t, strings.Contains(string(d.Body), want), "%s lacks %s", d.Body, want)
	}
	assert.Assert(t, !strings.Contains(string(d.Body), "outputFileName"))
	b.until("document.getElementById('said').textContent.startsWith('recording.statusUpdate: 1 delivery')")

	// A mistake is reported, and nothing is sent.
	say[bool](b, `(() => { document.getElementById("emit-event").value = "meeting.ended"; document.getElementById("emit-event").dispatchEvent(new Event("change")); document.getElementById("emit-meeting").value = "m".repeat(300); document.getElementById("emit-form").requestSubmit(); return true; })()`)
	b.until("document.getElementById('said').textContent.startsWith('Not emitted: ')")
	assert.Equal(t, say[int](b, rows+".length"), 1)
}

func TestE2EPagePlaysAScenarioAndDrawsItsTimeLine(t *testing.T) {
	s := newStand(t, service.Options{})
	b := newTab(t)
	b.scheme("dark")
	b.open(s.url)
	b.keys("p")
	b.until("document.querySelectorAll('#play-scenario option').length > 15")
	say[bool](b, `(() => { document.getElementById("play-scenario").value = "weekly-sync"; document.getElementById("play-form").requestSubmit(); return true; })()`)
	b.until("document.getElementById('plays').textContent.includes('complete')")
	s.quiet(t)
	made, err := s.Deliveries(store.Filter{Play: 1, Limit: store.MaxLimit})
	assert.NilError(t, err)
	assert.Assert(t, len(made) > 10)
	b.until(fmt.Sprintf("document.querySelectorAll('.timeline circle').length === %d", len(made)))
	assert.Assert(t, say[bool](b, "[...document.querySelectorAll('.steps b')].every((s) => s.textContent === 'met')"))
	b.picture("dark")

	// A key fault, and its end.
	say[bool](b, `(() => { const e = document.getElementById("fault"); e.value = "status-500"; e.dispatchEvent(new Event("change")); return true; })()`)
	b.until("document.getElementById('fault').classList.contains('on')")
	resp, err := http.Get(s.url + rtk.KeyDocumentPath)
	assert.NilError(t, err)
	resp.Body.Close()
	assert.Equal(t, resp.StatusCode, http.StatusInternalServerError)
	b.calm(s.url)
}

const evil = `"'><script>window.pwned=1</script><img src=x onerror="window.pwned=1"><svg onload=window.pwned=1>` + "\u202egnp.exe\u0007"

func TestE2EHostileContentStaysText(t *testing.T) {
	s := newStand(t, service.Options{})
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Odd", strings.Map(func(r rune) rune {
			if r < 32 || r > 126 {
				return -1
			}
			return r
		}, evil))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, evil)
	})
	s.answer.Store(&answer)
	s.register(t, evil, s.target)
	title, err := json.Marshal(evil)
	assert.NilError(t, err)
	b := newTab(t)
	b.open(s.url)
	s.emit(t, service.Emission{Event: rtk.MeetingStarted, Set: map[string]json.RawMessage{"meeting.title": title}})
	b.until(rows + ".length === 2")
	b.do(chromedp.Click(chromedp.CSS("#d-2")))
	b.until("document.querySelector('#detail .exact') !== null")
	b.reads("<script>window.pwned=1")
	b.reads(`\u202e`) // invisible characters are shown
	assert.Equal(t, say[string](b, "typeof window.pwned"), "undefined")
	assert.Equal(t, say[int](b, "document.querySelectorAll('img, iframe, object, embed, main script').length"), 0)
	b.calm(s.url)
}

func TestE2ETenThousandDeliveriesDoNotStutter(t *testing.T) {
	s := newStand(t, service.Options{})
	const many = 10_000
	body := []byte(`{"event":"meeting.started"}`)
	for range many {
		_, err := s.Deliver(dispatch.Order{App: app, Event: rtk.Event{Type: rtk.MeetingStarted, Body: body}})
		assert.NilError(t, err)
		if n := s.Health().Pending; n > 500 {
			s.quiet(t)
		}
	}
	s.quiet(t)
	b := newTab(t)
	b.open(s.url)
	b.until(fmt.Sprintf("document.getElementById('count').textContent.replace(/\\D/g, '') === '%d'", many))
	assert.Assert(t, say[int](b, rows+".length") < 100, "rows that nobody sees are laid out")

	// Scrolling from end to end, and updates meanwhile.
	say[bool](b, `(() => {
		const box = document.getElementById("deliveries");
		const frames = [];
		let last = performance.now();
		const step = (n) => requestAnimationFrame(() => {
			const now = performance.now();
			frames.push(now - last);
			last = now;
			box.scrollTop = box.scrollHeight * n / 60;
			if (n < 60) step(n + 1); else window.frames60 = frames;
		});
		step(0);
		return true;
	})()`)
	b.until("window.frames60 !== undefined")
	frames := say[[]float64](b, "window.frames60")
	slices.Sort(frames)
	median := frames[len(frames)/2]
	// Most frames, as a busy machine may be late with some.
	assert.Assert(t, median < 150, "half of the frames took longer than %.0f ms", median)
	b.until("document.querySelector('#d-1') !== null")
	b.keys("/")
	assert.Equal(t, say[string](b, "document.activeElement.id"), "search")
	b.picture("many")
	b.calm(s.url)
}

func TestE2EPageIsUsedByKeysAlone(t *testing.T) {
	s := newStand(t, service.Options{})
	for _, e := range []rtk.EventType{rtk.MeetingStarted, rtk.MeetingParticipantJoined, rtk.MeetingEnded} {
		s.emit(t, service.Emission{Event: e})
	}
	s.quiet(t)
	b := newTab(t)
	b.open(s.url)
	b.until(rows + ".length >= 3")
	b.keys("j", "j", "o")
	b.until("document.querySelector('#detail h2') !== null && document.activeElement.tagName === 'H2'")
	second := say[string](b, "document.querySelector('#detail h2').textContent")
	b.keys("Escape")
	assert.Equal(t, say[string](b, "document.activeElement.id"), "deliveries")
	b.keys("End", "Enter")
	b.until("document.querySelector('#detail h2').textContent === 'Delivery 1' && !document.getElementById('detail').hidden")
	assert.Assert(t, second != "Delivery 1")
	b.keys("?")
	assert.Assert(t, say[bool](b, "document.getElementById('help').open"))
	b.keys("Escape")
	b.keys("e")
	assert.Equal(t, say[string](b, "document.activeElement.id"), "emit-event")
	b.keys("Escape", "t")
	assert.Equal(t, say[string](b, "document.documentElement.dataset.theme"), "light")
	b.calm(s.url)
}

func TestE2EGuardedPageAsksForTheToken(t *testing.T) {
	s := newStand(t, service.Options{ControlToken: "sesame"})
	s.emit(t, service.Emission{Event: rtk.MeetingStarted})
	b := newTab(t)
	b.do(chromedp.Navigate(s.url))
	b.until("document.getElementById('locked').open")
	b.do(chromedp.SendKeys(chromedp.CSS("#token"), "sesame"))
	b.do(chromedp.Click(chromedp.CSS("#locked button")))
	b.until("document.getElementById('connection').textContent === 'live'")
	b.until(rows + ".length === 1")
	assert.Assert(t, !strings.Contains(say[string](b, "document.documentElement.outerHTML"), "sesame"))
}

// busy is a stand with what makes a page wide: long names, many people, a webhook
// that fails.
func busy(t *testing.T) *stand {
	t.Helper()
	s := newStand(t, service.Options{})
	dead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(dead.Close)
	s.register(t, "The staging environment of the clinic", dead.URL+"/realtimekit/webhooks/of/the/clinic")
	assert.NilError(t, s.SetScale(0))
	k, title := platform.Key(app), "Weekly review of everything that the third floor has found"
	for i := range 30 {
		_, err := s.Platform().CreateMeetingAs(k, fmt.Sprintf("room-%d", i), platform.MeetingChange{})
		assert.NilError(t, err)
	}
	_, err := s.Platform().CreateMeeting(k, platform.MeetingChange{Title: &title})
	assert.NilError(t, err)
	newest, _ := s.Platform().Meetings(k, platform.MeetingFilter{Search: title}, platform.Page{})
	for i := range 25 {
		_, err := s.Platform().Join(k, newest[0].ID, platform.Who{Name: fmt.Sprintf("Participant %d", i)})
		assert.NilError(t, err)
	}
	_, err = s.Platform().StartRecording(k, platform.RecordingStart{MeetingID: newest[0].ID})
	assert.NilError(t, err)
	_, err = s.Platform().StartLivestream(k, newest[0].ID, nil)
	assert.NilError(t, err)
	s.quiet(t)
	return s
}

func TestE2EPageFitsEachWidth(t *testing.T) {
	s := busy(t)
	b := newTab(t)
	b.width(1280, 900)
	b.open(s.url)
	b.until(rows + ".length > 5")
	b.shows("#people", "Participant 24")
	seen := func(cell string) bool {
		return say[bool](b, fmt.Sprintf(`[...document.querySelectorAll(".row")].every((r) => { const box = r.querySelector(%q).getBoundingClientRect(); return box.width > 8 && box.right <= innerWidth; })`, cell))
	}
	for _, width := range []int64{360, 390, 620, 1000, 1280, 1700} {
		b.width(width, 850)
		b.until(fmt.Sprintf("innerWidth === %d && document.getElementById('detail').hidden", width))
		for _, cell := range []string{".to", "time", ".attempts", ".event", ".state", ".status"} {
			assert.Assert(t, seen(cell), "%s is not seen at %d pixels", cell, width)
			assert.Assert(t, say[bool](b, fmt.Sprintf("document.querySelector('.head').querySelector(%q).getBoundingClientRect().width > 8", strings.Replace(cell, "time", ".at", 1))))
		}
		for _, cell := range []string{".event", ".attempts", ".state", "time"} {
			assert.Equal(t, say[int](b, fmt.Sprintf("[...document.querySelectorAll('.row > %s')].filter((e) => e.scrollWidth > e.clientWidth).length", cell)), 0, "%s is cut at %d pixels", cell, width)
		}
		b.inBothThemes(fmt.Sprintf("list-%d", width))
		say[bool](b, "(document.getElementById('deliveries-title').scrollIntoView({block: 'start'}), true)")
		b.inBothThemes(fmt.Sprintf("lower-%d", width))
		b.click(".row")
		b.until("document.querySelector('#detail h2') !== null && !document.getElementById('detail').hidden")
		beside := say[bool](b, "document.getElementById('detail').getBoundingClientRect().left >= document.querySelector('.listing').getBoundingClientRect().right")
		assert.Equal(t, beside, width >= 1000, "at %d pixels", width)
		b.inBothThemes(fmt.Sprintf("detail-%d", width))
		b.keys("Escape")
		say[bool](b, "(scrollTo(0, 0), true)")
	}
	b.calm(s.url)
}
