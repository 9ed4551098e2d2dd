//go:build e2e

package page_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// click clicks a button as soon as it can be seen and used, and nothing covers it.
// It is found and clicked in one step: lists are drawn again at any time.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e || e.disabled || !e.checkVisibility()) return false;
		e.scrollIntoView({block: "center"});
		const box = e.getBoundingClientRect();
		if (!e.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))) return false;
		e.focus();
		e.click();
		return true;
	})()`, selector))
}

func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// shows waits until an element has the text.
func (b *tab) shows(selector, text string) {
	b.t.Helper()
	quoted, err := json.Marshal(text)
	assert.NilError(b.t, err)
	b.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%s))", selector, quoted))
}

// width is the part of a window that a page has, in CSS pixels.
func (b *tab) width(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// fits asserts that nothing is wider than the window.
func (b *tab) fits() {
	b.t.Helper()
	assert.Equal(b.t, say[string](b, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility() && !e.closest(".unseen, pre, .listing")).map((e) => e.outerHTML.slice(0, 200)).join("\n")`), "")
	assert.Assert(b.t, say[bool](b, "document.documentElement.scrollWidth <= innerWidth"))
}

// legible asserts that all text stands out from what is behind it, as WCAG 2 asks of
// its level AA. Controls that are disabled are left out, as there.
func (b *tab) legible() {
	b.t.Helper()
	assert.Equal(b.t, say[string](b, `(() => {
		const parts = (color) => color.match(/[\d.]+/g).map(Number);
		const light = (color) => parts(color).slice(0, 3).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
			.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
		const solid = (e) => { const color = getComputedStyle(e).backgroundColor; return (parts(color)[3] ?? 1) > 0; };
		const out = [];
		for (const e of document.querySelectorAll("body *")) {
			if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility() || e.closest(":disabled, .unseen, .skip-link, option")) continue;
			let behind = e;
			while (behind.parentElement && !solid(behind)) behind = behind.parentElement;
			const [a, z] = [light(getComputedStyle(e).color), light(getComputedStyle(behind).backgroundColor)].sort((x, y) => y - x);
			if ((a + 0.05) / (z + 0.05) < 4.5) out.push(((a + 0.05) / (z + 0.05)).toFixed(2) + " " + e.outerHTML.slice(0, 120));
		}
		return out.slice(0, 10).join("\n");
	})()`), "")
}

// inBothThemes asserts that the page fits and is legible, and takes its pictures.
func (b *tab) inBothThemes(name string) {
	b.t.Helper()
	b.fits()
	for _, scheme := range []string{"dark", "light"} {
		b.scheme(scheme)
		b.legible()
		b.picture(name + "-" + scheme)
	}
}

// bare is a stand without a webhook.
func bare(t *testing.T, o service.Options) *stand {
	t.Helper()
	s := newStand(t, o)
	assert.NilError(t, s.Reset())
	return s
}

// From nothing to a recorded meeting, with the pointer alone.
func TestE2EPageLeadsFromNothingToARecordedMeeting(t *testing.T) {
	s := bare(t, service.Options{})
	b := newTab(t)
	b.width(1280, 900)
	b.scheme("light")
	b.open(s.url)
	b.shows("#first-steps", "Register a webhook")
	for _, width := range []int64{390, 1280} {
		b.width(width, 900)
		b.inBothThemes(fmt.Sprintf("newcomer-%d", width))
	}

	// A mistake is shown beside its field, and nothing is registered.
	b.click("#first-webhook")
	b.write("#register-url", "htp://localhost")
	b.click("#register-form [type=submit]")
	b.shows("#register-form .field + .error", `found "htp://localhost", want an http or https URL`)
	assert.Equal(t, say[string](b, "document.activeElement.id"), "register-url")
	assert.Equal(t, say[string](b, "document.getElementById('register-url').getAttribute('aria-describedby')"), "register-form-error")
	assert.Equal(t, len(s.Webhooks()), 0)
	b.picture("mistake")
	say[bool](b, "(document.getElementById('register-url').value = '') === ''")
	b.write("#register-url", s.target)
	b.click("#register-form [type=submit]")
	b.shows("#said", "Registered: 9 events")
	b.shows("#first-steps", "Done: a webhook is registered.")
	b.until("document.getElementById('register-form').hidden")

	b.click("#first-meeting")
	b.write("#create-title", "Standup")
	b.click("#create-form summary")
	b.write("#create-alive", "soon")
	b.click("#create-form [type=submit]")
	b.shows("#create-form .error", "found string, want a number")
	say[bool](b, "(document.getElementById('create-alive').value = '') === ''")
	b.click("#create-form [type=submit]")
	b.shows("#meeting-title", "Standup")
	b.shows("#meeting-about", "not started")
	b.shows("#nobody", "The first who joins starts a session.")
	assert.Assert(t, say[bool](b, "document.getElementById('record').disabled && document.getElementById('leave').disabled"))

	b.until("document.activeElement.id === 'who'")
	b.write("#who", "Mary")
	b.click("#door [type=submit]")
	b.shows("#caused", "Mary joins: meeting.started, meeting.participantJoined.")
	b.shows("#people", "Mary")
	b.until("document.querySelectorAll('#events .fresh [data-state=delivered]').length === 2")
	b.shows("#meetings", "live, 1 inside")
	b.write("#who", "Bob")
	b.keys("Enter")
	b.shows("#people", "Bob")
	b.click("#record")
	b.shows("#recordings .state", "RECORDING")
	b.click("#pause")
	b.shows("#pause", "Resume recording")
	b.click("#stream")
	b.shows("#stream", "Stop livestream")
	for _, width := range []int64{390, 1280} {
		b.width(width, 900)
		b.inBothThemes(fmt.Sprintf("meeting-%d", width))
	}
	b.click("#record")
	b.shows("#recordings .state", "UPLOADED") // after a second, by itself
	b.shows("#record", "Start recording")

	// One leaves by a click on the name, the last by the button; so the session ends.
	b.click("#people li:first-child button")
	b.until("document.querySelectorAll('#people li').length === 1")
	b.shows("#caused", "Mary leaves: meeting.participantLeft.")
	b.click("#leave")
	b.shows("#caused", "meeting.participantLeft, meeting.ended, livestreaming.statusUpdate")
	b.shows("#meeting-about", "ended")
	b.shows("#artifacts", "chat is there")
	b.click("#artifacts [data-key=transcript]")
	b.shows("#artifacts", "transcript is there")

	// A step that is impossible says why.
	b.write("#who", "Eve")
	b.click("#door [type=submit]")
	b.shows("#people", "Eve")
	b.write("#who", "Eve")
	b.click("#door [type=submit]")
	b.shows("#caused .no", "cannot join twice")
	b.click("#end")
	b.shows("#meeting-about", "ended")
	s.quiet(t)
	sent, err := s.Deliveries(store.Filter{Limit: store.MaxLimit})
	assert.NilError(t, err)
	var types []rtk.EventType
	for _, d := range sent {
		assert.Equal(t, d.State, store.Delivered)
		types = append(types, d.Event)
	}
	for _, want := range []rtk.EventType{rtk.MeetingStarted, rtk.MeetingEnded, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate, rtk.MeetingChatSynced, rtk.MeetingTranscript} {
		assert.Assert(t, slices.Contains(types, want), "%s was not sent", want)
	}

	// The events lead to the deliveries.
	b.click("#all-events")
	b.until(fmt.Sprintf("%s.length > 5 && document.getElementById('search').value === %s.id", rows, "JSON.parse(document.querySelector('#meetings [aria-pressed=true]').dataset.key).reduce((_, id) => ({id}), null)"))
	b.click("#events button")
	b.until("document.querySelector('#detail h2') !== null")
	b.calm(s.url, 400, 400, 409)
}

// A recording is moved on, or fails, by hand.
func TestE2EPageAdvancesARecording(t *testing.T) {
	s := newStand(t, service.Options{Processing: 1 << 50})
	b := newTab(t)
	b.open(s.url)
	k := platform.Key(app)
	_, err := s.Platform().CreateMeetingAs(k, "room", platform.MeetingChange{})
	assert.NilError(t, err)
	_, err = s.Platform().Join(k, "room", platform.Who{Name: "Mary"})
	assert.NilError(t, err)
	b.shows("#people", "Mary") // nobody clicked here
	say[bool](b, "document.querySelector('#people button').same = true")
	b.click("#record")
	b.click("#recordings [data-key$=UPLOADING]")
	b.click("#recordings [data-key$=UPLOADED]")
	b.shows("#recordings .state", "UPLOADED")
	b.click("#record")
	b.until("document.querySelectorAll('#recordings li').length === 2")
	b.click("#recordings li:first-child [data-key$=ERRORED]")
	b.shows("#recordings .state", "ERRORED")
	b.until("document.querySelectorAll('#events .fresh').length === 1")
	assert.Assert(t, say[bool](b, "document.querySelector('#people button').same"), "what did not change was drawn again: a click might get lost")

	// A reset may keep webhooks and deliveries.
	assert.NilError(t, s.ResetMeetings())
	b.shows("#first-steps", "Done: a webhook is registered.")
	b.until(rows + ".length > 3 && document.getElementById('meeting').checkVisibility() === false")
	b.calm(s.url)
}

// Without a webhook, a click says that nobody hears of it.
func TestE2EPageSaysThatNobodyGetsAnEvent(t *testing.T) {
	s := bare(t, service.Options{})
	b := newTab(t)
	b.open(s.url)
	b.click("#first-meeting")
	b.click("#create-form [type=submit]")
	b.click("#door [type=submit]")
	b.shows("#caused", "Somebody new joins: meeting.started, meeting.participantJoined. no webhook is registered.")
	b.shows("#no-hook", "No webhook is registered, so nobody gets these events.")
	b.click("#later-webhook")
	b.write("#register-url", s.target)
	b.click("#register-form [type=submit]")
	b.until("document.getElementById('no-hook').hidden")
	b.click("#webhooks details summary")
	b.click("#webhooks details button")
	b.until("!document.getElementById('no-hook').hidden")
	assert.Equal(t, len(s.Webhooks()), 0)
	b.calm(s.url)
}

func TestE2EHostileNamesOfMeetingsStayText(t *testing.T) {
	s := newStand(t, service.Options{})
	b := newTab(t)
	b.open(s.url)
	title := evil
	k := platform.Key{AccountID: evil[:20], AppID: "../../" + evil[:20]}
	m, err := s.Platform().CreateMeetingAs(k, "../"+evil, platform.MeetingChange{Title: &title})
	assert.NilError(t, err)
	_, err = s.Platform().Join(k, m.ID, platform.Who{Name: evil, CustomID: evil})
	assert.NilError(t, err)
	b.shows("#meeting-title", "<script>window.pwned=1")
	b.shows("#people", `\u202e`)
	b.click("#record")
	b.shows("#recordings .state", "RECORDING")
	b.click("#people button")
	b.shows("#caused", "meeting.participantLeft, meeting.ended")
	b.click("#emit-here")
	assert.Equal(t, say[string](b, "document.getElementById('emit-meeting_id').value"), "../"+evil)
	assert.Equal(t, say[string](b, "typeof window.pwned"), "undefined")
	assert.Equal(t, say[int](b, "document.querySelectorAll('img, iframe, object, embed, main script').length"), 0)
	b.calm(s.url)
}

func TestE2EMeetingsAreUsedByKeysAlone(t *testing.T) {
	s := newStand(t, service.Options{})
	b := newTab(t)
	b.open(s.url)
	b.keys("n")
	b.until("document.activeElement.id === 'create-title'")
	b.do(chromedp.SendKeys(chromedp.CSS("#create-title"), "By keys"))
	b.keys("Enter")
	b.shows("#meeting-title", "By keys")
	b.until("document.activeElement.id === 'who'")
	b.do(chromedp.SendKeys(chromedp.CSS("#who"), "Mary"))
	b.keys("Enter")
	b.shows("#people", "Mary")
	b.keys("Escape", "m", "Tab", "Tab", "Tab") // past Join and Leave
	b.until("document.activeElement.id === 'end'")
	b.keys("Enter")
	b.shows("#meeting-about", "ended")
	b.until("document.activeElement.id === 'meeting-title'")
	b.keys("w")
	b.until("document.activeElement.id === 'register-url'")
	b.calm(s.url)
}

// What has the focus may go by an event that the reader did not cause.
func TestE2EMeetingThatEndsElsewhereKeepsTheFocus(t *testing.T) {
	s := newStand(t, service.Options{})
	b := newTab(t)
	b.open(s.url)
	m, err := s.Platform().CreateMeeting(platform.Key(app), platform.MeetingChange{})
	assert.NilError(t, err)
	_, err = s.Platform().Join(platform.Key(app), m.ID, platform.Who{})
	assert.NilError(t, err)
	b.shows("#meeting-about", "live")
	b.do(chromedp.Focus(chromedp.CSS("#end")))
	_, err = s.Platform().End(platform.Key(app), m.ID)
	assert.NilError(t, err)
	b.until("document.activeElement.id === 'meeting-title'")
	b.calm(s.url)
}

// Where several apps have webhooks, somebody has to say which one is meant.
func TestE2EPageAsksWhichAppIsMeant(t *testing.T) {
	s := newStand(t, service.Options{})
	other := store.App{AccountID: "acc", AppID: "other"}
	_, err := s.Register(store.Webhook{App: other, Name: "Other", URL: s.target, Events: rtk.EventTypes(), Enabled: true})
	assert.NilError(t, err)
	b := newTab(t)
	b.open(s.url)
	b.click("#new-meeting")
	b.click("#create-form [type=submit]")
	b.shows("#create-form .field + .error", "2 apps that match have webhooks, want both ids")
	b.until("document.activeElement.id === 'create-account'")
	b.write("#create-account", other.AccountID)
	b.write("#create-app", other.AppID)
	b.keys("Enter")
	b.until("document.activeElement.id === 'who'")
	b.keys("Enter")
	b.shows("#events", "Other")
	s.quiet(t)
	sent, err := s.Deliveries(store.Filter{})
	assert.NilError(t, err)
	assert.Equal(t, len(sent), 2)
	assert.Equal(t, sent[0].App, other)
	b.calm(s.url, 400)
}

// A crowd is shown a page at a time, and found by a search.
func TestE2EPageShowsACrowd(t *testing.T) {
	s := newStand(t, service.Options{})
	var state platform.State
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, `,{"account_id":"acc","app_id":"app","id":"room-%d","title":"Floor %d","participants":[`, i, i)
		for j := range 10 {
			fmt.Fprintf(&text, `%s{"custom_participant_id":"u-%d-%d","name":"Person %d"}`, strings.Repeat(",", min(j, 1)), i, j, j)
		}
		text.WriteString("]}")
	}
	assert.NilError(t, json.Unmarshal([]byte(`{"meetings":[`+text.String()[1:]+`]}`), &state))
	assert.NilError(t, s.Platform().Restore(state))
	b := newTab(t)
	b.width(1280, 900)
	b.open(s.url)
	b.shows("#meeting-count", "1 to 20 of 10,000")
	b.shows("#meeting-title", "Floor 9999")
	assert.Assert(t, say[int](b, "document.querySelectorAll('*').length") < 2000)
	b.click("#older")
	b.shows("#meeting-count", "21 to 40 of 10,000")
	b.shows("#meeting-title", "Floor 9999") // it stays chosen
	for i := range 2_000 {
		_, err := s.Platform().CreateMeetingAs(platform.Key(app), fmt.Sprintf("more-%d", i), platform.MeetingChange{})
		assert.NilError(t, err)
	}
	b.shows("#meeting-count", "21 to 40 of 12,000")
	b.write("#meeting-search", "floor 77")
	b.shows("#meeting-count", "1 to 20 of 111")
	say[bool](b, `(() => {
		window.took = performance.now();
		const e = document.getElementById("meeting-search");
		e.value = "room-4711";
		e.dispatchEvent(new Event("input"));
		const watch = () => document.getElementById("meetings").textContent.includes("Floor 4711") ? window.took = performance.now() - window.took : requestAnimationFrame(watch);
		watch();
		window.watched = true;
		return true;
	})()`)
	b.shows("#meeting-count", "1 meeting")
	t.Logf("a search took %.0f ms, of which 200 ms are for more letters", say[float64](b, "window.took"))
	b.click("#meetings button")
	b.shows("#meeting-title", "Floor 4711")
	b.click("#door [type=submit]")
	b.shows("#meeting-about", "live, 1 inside")
	b.picture("crowd")
	b.calm(s.url)
}
