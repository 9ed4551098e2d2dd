package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/realtime_kit"
)

// kit is the part of the API that the app calls. It does without cloudflare.NewClient
// and cloudflare.F, whose package links every service of Cloudflare's and takes
// minutes to build: fields are set by hand.
type kit struct {
	account, app string
	options      []option.RequestOption
}

func newKit() kit {
	return kit{os.Getenv("ACCOUNT_ID"), os.Getenv("APP_ID"), []option.RequestOption{
		option.WithEnvironmentProduction(), option.WithAPIToken(os.Getenv("CLOUDFLARE_API_TOKEN")),
	}}
}

// soon bounds a call.
func soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 10*time.Second)
}

func (k kit) register(url string) error {
	ctx, cancel := soon()
	defer cancel()
	var p realtime_kit.WebhookNewWebhookParams
	p.AccountID.Value, p.AccountID.Present = k.account, true
	p.Name.Value, p.Name.Present = "visits", true
	p.URL.Value, p.URL.Present = url, true
	p.Events.Value, p.Events.Present = []realtime_kit.WebhookNewWebhookParamsEvent{
		realtime_kit.WebhookNewWebhookParamsEventMeetingStarted, realtime_kit.WebhookNewWebhookParamsEventMeetingParticipantJoined,
		realtime_kit.WebhookNewWebhookParamsEventMeetingEnded, realtime_kit.WebhookNewWebhookParamsEventRecordingStatusUpdate,
	}, true
	_, err := realtime_kit.NewWebhookService(k.options...).NewWebhook(ctx, k.app, p)
	return err
}

// planned is a meeting with its guest, who joins with the token.
type planned struct {
	MeetingID     string `json:"meeting_id"`
	ParticipantID string `json:"participant_id"`
	Token         string `json:"token"`
}

func (k kit) plan(title, guest string) (planned, error) {
	ctx, cancel := soon()
	defer cancel()
	meetings := realtime_kit.NewMeetingService(k.options...)
	var p realtime_kit.MeetingNewParams
	p.AccountID.Value, p.AccountID.Present = k.account, true
	p.Title.Value, p.Title.Present = title, true
	p.RecordOnStart.Value, p.RecordOnStart.Present = true, true
	meeting, err := meetings.New(ctx, k.app, p)
	if err != nil {
		return planned{}, err
	}
	var who realtime_kit.MeetingAddParticipantParams
	who.AccountID.Value, who.AccountID.Present = k.account, true
	who.Name.Value, who.Name.Present = guest, true
	who.CustomParticipantID.Value, who.CustomParticipantID.Present = "guest-"+meeting.Data.ID, true
	who.PresetName.Value, who.PresetName.Present = "guest", true
	added, err := meetings.AddParticipant(ctx, k.app, meeting.Data.ID, who)
	if err != nil {
		return planned{}, err
	}
	return planned{meeting.Data.ID, added.Data.ID, added.Data.Token}, nil
}

// attended returns the names of those who took part in a session.
func (k kit) attended(session string) ([]string, error) {
	ctx, cancel := soon()
	defer cancel()
	var p realtime_kit.SessionGetSessionParticipantsParams
	p.AccountID.Value, p.AccountID.Present = k.account, true
	list, err := realtime_kit.NewSessionService(k.options...).GetSessionParticipants(ctx, k.app, session, p)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, one := range list.Data.Participants {
		names = append(names, one.DisplayName)
	}
	return names, nil
}

// download fetches a recording, and returns its size.
func (k kit) download(id string) (int, error) {
	ctx, cancel := soon()
	defer cancel()
	var p realtime_kit.RecordingGetOneRecordingParams
	p.AccountID.Value, p.AccountID.Present = k.account, true
	recording, err := realtime_kit.NewRecordingService(k.options...).GetOneRecording(ctx, k.app, id, p)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, recording.Data.DownloadURL, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	bytes, err := io.Copy(io.Discard, resp.Body)
	if want := int64(recording.Data.FileSize); err == nil && (resp.StatusCode != http.StatusOK || bytes != want) {
		err = fmt.Errorf("the recording is incomplete: %s, %d of %d bytes", resp.Status, bytes, want)
	}
	return int(bytes), err
}
