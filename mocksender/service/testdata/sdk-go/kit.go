package main

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/cloudflare/cloudflare-go/v7/option"
	rtk "github.com/cloudflare/cloudflare-go/v7/realtime_kit"
)

// kit calls every method of the SDK's groups by name: each once with success, in
// the course of one meeting, and once with an error.
type kit struct {
	services      map[string]reflect.Value
	control, app  string
	used, refused map[string]bool
}

func newKit(base, control string) *kit {
	o := []option.RequestOption{option.WithBaseURL(base), option.WithAPIToken("any"), option.WithMaxRetries(0)}
	k := &kit{control: control, used: map[string]bool{}, refused: map[string]bool{}, services: map[string]reflect.Value{}}
	for name, service := range map[string]any{
		"App": rtk.NewAppService(o...), "Meeting": rtk.NewMeetingService(o...), "Preset": rtk.NewPresetService(o...),
		"Session": rtk.NewSessionService(o...), "Recording": rtk.NewRecordingService(o...), "Livestream": rtk.NewLivestreamService(o...),
		"ActiveSession": rtk.NewActiveSessionService(o...), "Analytics": rtk.NewAnalyticsService(o...),
	} {
		k.services[name] = reflect.ValueOf(service)
	}
	return k
}

type fields map[string]any

// call calls GROUP.METHOD. The app comes before args, but where the call is of the
// account.
func (k *kit) call(name string, given fields, args ...string) (any, error) {
	group, method, _ := strings.Cut(name, ".")
	f := k.services[group].MethodByName(method)
	check(f.IsValid(), "there is no method %s", name)
	in := []reflect.Value{reflect.ValueOf(ctx)}
	if group != "App" {
		args = append([]string{k.app}, args...)
	}
	for _, arg := range args {
		in = append(in, reflect.ValueOf(arg))
	}
	params := reflect.New(f.Type().In(len(in))).Elem()
	fill(params, fields{"AccountID": account})
	fill(params, given)
	out := f.Call(append(in, params))
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), err
}

// fill fills in the SDK's fields: a value each, and that it is given.
func fill(params reflect.Value, given fields) {
	for name, value := range given {
		field := params.FieldByName(name)
		check(field.IsValid(), "%s has no field %s", params.Type(), name)
		to := field.FieldByName("Value")
		if to.Kind() == reflect.Struct {
			fill(to, value.(fields))
		} else if v := reflect.ValueOf(value); v.Type().ConvertibleTo(to.Type()) {
			to.Set(v.Convert(to.Type()))
		} else { // a slice of another type of texts
			for i := range v.Len() {
				to.Set(reflect.Append(to, v.Index(i).Convert(to.Type().Elem())))
			}
		}
		field.FieldByName("Present").SetBool(true)
	}
}

// ok calls a method that succeeds, and returns the data of the answer: as the SDK
// has it, and as it came.
func (k *kit) ok(name string, given fields, args ...string) (reflect.Value, any) {
	res, err := k.call(name, given, args...)
	check(err == nil, "%s: %v", name, err)
	k.used[name] = true
	v := reflect.ValueOf(res).Elem()
	check(v.FieldByName("Success").Bool(), "%s: found %+v", name, res)
	var raw struct{ Data any }
	text := v.FieldByName("JSON").MethodByName("RawJSON").Call(nil)[0].String()
	check(json.Unmarshal([]byte(text), &raw) == nil, "%s: found %s", name, text)
	return v.FieldByName("Data"), raw.Data
}

func (k *kit) fails(status int, name string, given fields, args ...string) {
	_, err := k.call(name, given, args...)
	k.refused[name] = true
	refused[any](status)(nil, err)
}

// door calls a door of the control API.
func (k *kit) door(path, body string) {
	res, err := http.Post(k.control+"/"+path, "application/json", strings.NewReader(body))
	check(err == nil, "%s: %v", path, err)
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	check(res.StatusCode < 300, "%s: %s", path, text)
}

const none = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"

func (k *kit) run() {
	made, _ := k.ok("App.Post", fields{"Name": "Clinic"})
	k.app = made.FieldByName("App").FieldByName("ID").String()
	k.ok("App.Get", fields{"Search": "clinic"})
	k.fails(400, "App.Post", fields{"Name": ""})
	k.fails(400, "App.Get", fields{"PageNo": 0.0})
	k.presets()
	meeting := k.meeting()
	mary := k.participants(meeting)
	session, recording := k.live(meeting, mary)
	k.afterwards(meeting, session, recording, mary)
	k.unbuilt()
	k.complete()
}

func id(data reflect.Value) string { return data.FieldByName("ID").String() }

func (k *kit) presets() {
	config := fields{"ViewType": "GROUP_CALL", "MaxScreenshareCount": int64(1)}
	all := fields{"Name": "host", "Config": config, "UI": fields{}, "Permissions": fields{"CanRecord": true}}
	made, _ := k.ok("Preset.New", all)
	k.ok("Preset.Get", nil)
	got, _ := k.ok("Preset.GetPresetByID", nil, id(made))
	check(got.FieldByName("Name").String() == "host" && got.FieldByName("Permissions").FieldByName("TranscriptionEnabled").Bool(), "found %+v", got)
	edited, _ := k.ok("Preset.Update", fields{"Name": "presenter"}, id(made))
	check(edited.FieldByName("Name").String() == "presenter", "found %+v", edited)
	k.ok("Preset.Delete", nil, id(made))
	k.fails(400, "Preset.New", fields{"Name": ""})
	k.fails(400, "Preset.Get", fields{"PerPage": int64(-1)})
	for _, method := range []string{"GetPresetByID", "Update", "Delete"} {
		k.fails(404, "Preset."+method, nil, id(made))
	}
}

func (k *kit) meeting() string {
	made, raw := k.ok("Meeting.New", fields{"Title": "Standup", "TranscribeOnEnd": true, "SummarizeOnEnd": true})
	meeting := id(made)
	list, _ := k.ok("Meeting.Get", fields{"Search": "standup", "Status": "ACTIVE"})
	check(list.Len() == 1 && id(list.Index(0)) == meeting, "found %+v", list)
	_, again := k.ok("Meeting.GetMeetingByID", nil, meeting)
	check(reflect.DeepEqual(raw, again), "found %v, then %v", raw, again)
	k.ok("Meeting.UpdateMeetingByID", fields{"Status": "INACTIVE"}, meeting)
	k.fails(409, "Meeting.AddParticipant", fields{"CustomParticipantID": "u-1", "PresetName": "host"}, meeting)
	k.ok("Meeting.UpdateMeetingByID", fields{"Status": "ACTIVE"}, meeting)
	replaced, _ := k.ok("Meeting.ReplaceMeetingByID", fields{"Title": "Daily", "TranscribeOnEnd": true, "SummarizeOnEnd": true}, meeting)
	check(replaced.FieldByName("Title").String() == "Daily", "found %+v", replaced)
	k.fails(400, "Meeting.New", fields{"SessionKeepAliveTimeInSecs": -1.0})
	k.fails(400, "Meeting.Get", fields{"Status": "OPEN"})
	for _, method := range []string{"GetMeetingByID", "UpdateMeetingByID", "ReplaceMeetingByID"} {
		k.fails(404, "Meeting."+method, nil, none)
	}
	return meeting
}

func (k *kit) participants(meeting string) string {
	made, _ := k.ok("Meeting.AddParticipant", fields{"CustomParticipantID": "u-1", "PresetName": "host", "Name": "Mary"}, meeting)
	check(strings.Count(made.FieldByName("Token").String(), ".") == 2, "found the token %s", made.FieldByName("Token"))
	list, _ := k.ok("Meeting.GetMeetingParticipants", nil, meeting)
	check(list.Len() == 1 && list.Index(0).FieldByName("Name").String() == "Mary", "found %+v", list)
	k.ok("Meeting.GetMeetingParticipant", nil, meeting, id(made))
	k.ok("Meeting.EditParticipant", fields{"Name": "Mary Sue"}, meeting, id(made))
	k.ok("Meeting.RefreshParticipantToken", nil, meeting, id(made))
	other, _ := k.ok("Meeting.AddParticipant", fields{"CustomParticipantID": "u-2", "PresetName": "guest"}, meeting)
	k.ok("Meeting.DeleteMeetingParticipant", nil, meeting, id(other))
	for _, method := range []string{"GetMeetingParticipant", "EditParticipant", "RefreshParticipantToken", "DeleteMeetingParticipant"} {
		k.fails(404, "Meeting."+method, nil, meeting, id(other))
	}
	k.fails(404, "Meeting.GetMeetingParticipants", nil, none)
	return id(made)
}

func (k *kit) live(meeting, mary string) (session, recording string) {
	for _, method := range []string{"GetActiveSession", "KickAllParticipants", "KickParticipants"} {
		k.fails(404, "ActiveSession."+method, nil, meeting)
	}
	k.fails(400, "ActiveSession.NewPoll", fields{"Question": "?", "Options": []string{}}, meeting)
	k.fails(404, "Recording.StartRecordings", fields{"MeetingID": meeting})
	k.fails(404, "Recording.StartTrackRecording", fields{"MeetingID": meeting})
	k.fails(404, "Recording.GetActiveRecordings", nil, meeting)
	for _, method := range []string{"StartLivestreamingAMeeting", "StopLivestreamingAMeeting", "GetMeetingActiveLivestreams"} {
		k.fails(404, "Livestream."+method, nil, meeting)
	}
	k.door("meetings/"+meeting+"/join", `{"participant_id":"`+mary+`"}`)
	k.door("meetings/"+meeting+"/join", `{"name":"Bob"}`)
	active, _ := k.ok("ActiveSession.GetActiveSession", nil, meeting)
	check(active.FieldByName("LiveParticipants").Float() == 2 && active.FieldByName("MeetingDisplayName").String() == "Daily", "found %+v", active)
	k.ok("ActiveSession.NewPoll", fields{"Question": "Coffee?", "Options": []string{"yes", "no"}}, meeting)

	started, _ := k.ok("Recording.StartRecordings", fields{"MeetingID": meeting, "MaxSeconds": int64(600)})
	recording = id(started)
	k.ok("Recording.GetActiveRecordings", nil, meeting)
	for _, step := range [][2]string{{"pause", "PAUSED"}, {"resume", "RECORDING"}, {"stop", "UPLOADING"}} {
		got, _ := k.ok("Recording.PauseResumeStopRecording", fields{"Action": step[0]}, recording)
		check(got.FieldByName("Status").String() == step[1], "found %+v", got)
	}
	k.fails(409, "Recording.PauseResumeStopRecording", fields{"Action": "stop"}, recording)
	track, _ := k.ok("Recording.StartTrackRecording", fields{"MeetingID": meeting})
	k.ok("Recording.PauseResumeStopRecording", fields{"Action": "stop"}, id(track.FieldByName("Recording")))

	stream, _ := k.ok("Livestream.StartLivestreamingAMeeting", fields{"Name": "Town hall"}, meeting)
	k.ok("Livestream.GetMeetingActiveLivestreams", nil, meeting)
	k.ok("Livestream.GetAllLivestreams", nil)
	whole, _ := k.ok("Livestream.GetLivestreamSessionForLivestreamID", nil, id(stream))
	k.ok("Livestream.GetActiveLivestreamsForLivestreamID", nil, id(stream))
	k.ok("Livestream.GetLivestreamSessionDetailsForSessionID", nil, id(whole.FieldByName("Session")))
	k.ok("Livestream.StopLivestreamingAMeeting", nil, meeting)
	k.fails(404, "Livestream.GetActiveLivestreamsForLivestreamID", nil, id(stream))
	k.fails(404, "Livestream.GetLivestreamSessionForLivestreamID", nil, none)
	k.fails(404, "Livestream.GetLivestreamSessionDetailsForSessionID", nil, none)
	k.fails(400, "Livestream.GetAllLivestreams", fields{"Status": "OPEN"})
	k.ok("ActiveSession.KickParticipants", fields{"ParticipantIDs": []string{mary}}, meeting)
	k.ok("ActiveSession.KickAllParticipants", nil, meeting)
	k.door("wait", "")
	return id(active), recording
}

func (k *kit) afterwards(meeting, session, recording, mary string) {
	list, _ := k.ok("Session.GetSessions", fields{"AssociatedID": meeting, "Status": "ENDED"})
	check(id(list.FieldByName("Sessions").Index(0)) == session, "found %+v", list)
	k.ok("Session.GetSessionDetails", nil, session)
	all, _ := k.ok("Session.GetSessionParticipants", fields{"IncludePeerEvents": true}, session)
	first := all.FieldByName("Participants").Index(0)
	check(first.FieldByName("UserID").String() == mary && first.FieldByName("DisplayName").String() == "Mary Sue", "found %+v", first)
	k.ok("Session.GetSessionParticipantDetails", nil, session, id(first))
	k.ok("Session.GetSessionChat", nil, session)
	k.ok("Session.GetSessionTranscripts", fields{"Format": "SRT"}, session)
	k.ok("Session.GetSessionSummary", nil, session)
	k.ok("Session.GenerateSummaryOfTranscripts", nil, session)
	for _, method := range []string{"GetSessionDetails", "GetSessionParticipants", "GetSessionChat", "GetSessionTranscripts", "GetSessionSummary", "GenerateSummaryOfTranscripts"} {
		k.fails(404, "Session."+method, nil, none)
	}
	k.fails(404, "Session.GetSessionParticipantDetails", nil, session, none)
	k.fails(400, "Session.GetSessions", fields{"Status": "OPEN"})
	got, _ := k.ok("Recording.GetOneRecording", nil, recording)
	check(got.FieldByName("Status").String() == "UPLOADED" && got.FieldByName("FileSize").Float() > 0, "found %+v", got)
	k.ok("Recording.GetRecordings", fields{"MeetingID": meeting, "Status": []string{"UPLOADED"}})
	k.fails(404, "Recording.GetOneRecording", nil, none)
	k.fails(400, "Recording.GetRecordings", fields{"Status": []string{"DONE"}})
}

// unbuilt are methods that answer 501.
func (k *kit) unbuilt() {
	k.fails(501, "Session.GetParticipantDataFromPeerID", nil, none)
	for _, method := range []string{"NewIndependentLivestream", "GetOrgAnalytics", "GetLivestreamAnalyticsComplete", "GetLivestreamAnalyticsDaywise"} {
		k.fails(501, "Livestream."+method, nil)
	}
	k.fails(501, "Analytics.GetOrgAnalytics", nil)
	_, err := k.call("Analytics.GetOrgAnalytics", nil)
	check(strings.Contains(err.Error(), "livestreams.getOrgAnalytics"), "found %v", err)
}

// complete checks that nothing that the SDK has was left out.
func (k *kit) complete() {
	for group, service := range k.services {
		for i := range service.NumMethod() {
			name := group + "." + service.Type().Method(i).Name
			check(k.refused[name], "%s was not refused", name)
			check(k.used[name] || group == "Analytics" || strings.Contains(name, "Analytics") ||
				name == "Livestream.NewIndependentLivestream" || name == "Session.GetParticipantDataFromPeerID", "%s was not used", name)
		}
	}
}
