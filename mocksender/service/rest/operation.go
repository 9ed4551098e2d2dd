package rest

import (
	"net/http"
	"strings"
)

// Operation is something that a caller can ask of the API.
type Operation struct {
	// ID names the operation as the npm SDK does: GROUP.METHOD.
	ID string
	// Method and Path are those of the request. The path is below that of the app,
	// or of the account if it is /apps.
	Method, Path string
	// Status is that of a success.
	Status int
	// Do answers. Nil: it is not built, and the API says so with 501.
	Do func(*Call) (any, error)
}

// Doc returns where the operation is documented.
func (o Operation) Doc() string {
	group, _, _ := strings.Cut(o.ID, ".")
	if group == "activeSession" {
		group = "active_session"
	}
	return "https://developers.cloudflare.com/api/resources/realtime_kit/subresources/" + group + "/"
}

// Operations returns all operations of the SDKs. Those of webhooks are built by
// Options.Operations.
func Operations() []Operation {
	const (
		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
		ok, created                = http.StatusOK, http.StatusCreated
	)
	return []Operation{
		{"apps.get", get, "/apps", ok, getApps},
		{"apps.post", post, "/apps", created, postApp},

		{"meetings.create", post, "/meetings", created, createMeeting},
		{"meetings.get", get, "/meetings", ok, getMeetings},
		{"meetings.getMeetingByID", get, "/meetings/{meeting}", ok, getMeeting},
		{"meetings.updateMeetingByID", patch, "/meetings/{meeting}", ok, updateMeeting(false)},
		{"meetings.replaceMeetingByID", put, "/meetings/{meeting}", ok, updateMeeting(true)},
		{"meetings.addParticipant", post, "/meetings/{meeting}/participants", created, addParticipant},
		{"meetings.getMeetingParticipants", get, "/meetings/{meeting}/participants", ok, getParticipants},
		{"meetings.getMeetingParticipant", get, "/meetings/{meeting}/participants/{participant}", ok, getParticipant},
		{"meetings.editParticipant", patch, "/meetings/{meeting}/participants/{participant}", ok, editParticipant},
		{"meetings.deleteMeetingParticipant", del, "/meetings/{meeting}/participants/{participant}", ok, deleteParticipant},
		{"meetings.refreshParticipantToken", post, "/meetings/{meeting}/participants/{participant}/token", ok, refreshToken},

		{"activeSession.getActiveSession", get, "/meetings/{meeting}/active-session", ok, getActiveSession},
		{"activeSession.kickParticipants", post, "/meetings/{meeting}/active-session/kick", ok, kick},
		{"activeSession.kickAllParticipants", post, "/meetings/{meeting}/active-session/kick-all", ok, kickAll},
		{"activeSession.createPoll", post, "/meetings/{meeting}/active-session/poll", ok, createPoll},
		{"activeSession.mute", post, "/meetings/{meeting}/active-session/mute", ok, nil},        // in no current SDK
		{"activeSession.muteAll", post, "/meetings/{meeting}/active-session/mute-all", ok, nil}, // likewise

		{"presets.create", post, "/presets", created, createPreset},
		{"presets.get", get, "/presets", ok, getPresets},
		{"presets.getPresetByID", get, "/presets/{preset}", ok, getPreset},
		{"presets.update", patch, "/presets/{preset}", ok, changePreset(false)},
		{"presets.replacePresetByID", put, "/presets/{preset}", ok, changePreset(true)}, // in no Go SDK up to v7.9.0
		{"presets.delete", del, "/presets/{preset}", ok, deletePreset},

		{"sessions.getSessions", get, "/sessions", ok, getSessions},
		{"sessions.getSessionDetails", get, "/sessions/{session}", ok, getSession},
		{"sessions.getSessionParticipants", get, "/sessions/{session}/participants", ok, getSessionParticipants},
		{"sessions.getSessionParticipantDetails", get, "/sessions/{session}/participants/{participant}", ok, getSessionParticipant},
		{"sessions.getSessionChat", get, "/sessions/{session}/chat", ok, getChat},
		{"sessions.getSessionTranscripts", get, "/sessions/{session}/transcript", ok, getTranscript},
		{"sessions.getSessionSummary", get, "/sessions/{session}/summary", ok, getSummary},
		{"sessions.generateSummaryOfTranscripts", post, "/sessions/{session}/summary", ok, generateSummary},
		{"sessions.getParticipantDataFromPeerID", get, "/sessions/peer-report/{peer}", ok, nil},

		{"recordings.startRecordings", post, "/recordings", created, startRecording},
		{"recordings.getRecordings", get, "/recordings", ok, getRecordings},
		{"recordings.getOneRecording", get, "/recordings/{recording}", ok, getRecording},
		{"recordings.pauseResumeStopRecording", put, "/recordings/{recording}", ok, changeRecording},
		{"recordings.getActiveRecordings", get, "/recordings/active-recording/{meeting}", ok, getActiveRecording},
		{"recordings.startTrackRecording", post, "/recordings/track", created, startTrackRecording},

		{"livestreams.startLivestreamingAMeeting", post, "/meetings/{meeting}/livestreams", created, startLivestream},
		{"livestreams.stopLivestreamingAMeeting", post, "/meetings/{meeting}/active-livestream/stop", ok, stopLivestream},
		{"livestreams.getMeetingActiveLivestreams", get, "/meetings/{meeting}/active-livestream", ok, getActiveLivestream},
		{"livestreams.getAllLivestreams", get, "/livestreams", ok, getLivestreams},
		{"livestreams.getLivestreamSessionForLivestreamID", get, "/livestreams/{livestream}", ok, getLivestream},
		{"livestreams.getActiveLivestreamsForLivestreamID", get, "/livestreams/{livestream}/active-livestream-session", ok, getLiveRun},
		{"livestreams.getLivestreamSessionDetailsForSessionID", get, "/livestreams/sessions/{run}", ok, getRun},
		{"livestreams.createIndependentLivestream", post, "/livestreams", created, nil}, // in the Go SDK up to v7.9.0
		{"livestreams.getOrgAnalytics", get, "/analytics/daywise", ok, nil},             // also analytics.getOrgAnalytics
		{"livestreams.getLivestreamAnalyticsComplete", get, "/analytics/livestreams/overall", ok, nil},
		{"livestreams.getLivestreamAnalyticsDaywise", get, "/analytics/livestreams/daywise", ok, nil},

		{"webhooks.createWebhook", post, "/webhooks", created, nil},
		{"webhooks.getWebhooks", get, "/webhooks", ok, nil},
		{"webhooks.getAllEvents", get, "/webhooks/all", ok, nil}, // in the guide alone
		{"webhooks.getWebhookByID", get, "/webhooks/{webhook}", ok, nil},
		{"webhooks.replaceWebhook", put, "/webhooks/{webhook}", ok, nil},
		{"webhooks.editWebhook", patch, "/webhooks/{webhook}", ok, nil},
		{"webhooks.deleteWebhook", del, "/webhooks/{webhook}", ok, nil},
	}
}
