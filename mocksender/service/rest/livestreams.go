package rest

import (
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

func startLivestream(c *Call) (any, error) {
	var body struct{ Name *string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	l, err := c.platform().StartLivestream(c.Key, c.PathValue("meeting"), body.Name)
	return Answer(map[string]string{
		"id": l.ID, "status": l.Status, "ingest_server": l.IngestServer, "playback_url": l.PlaybackURL, "stream_key": l.StreamKey,
	}), err
}

func stopLivestream(c *Call) (any, error) {
	err := c.platform().StopLivestream(c.Key, c.PathValue("meeting"))
	return Answer(map[string]string{"message": "The livestream was stopped."}), err
}

func getActiveLivestream(c *Call) (any, error) {
	l, err := c.platform().ActiveLivestream(c.Key, c.PathValue("meeting"))
	return Answer(l), err
}

func getLivestreams(c *Call) (any, error) {
	f := platform.LivestreamFilter{
		Status: c.query.Get("status"), Start: c.time("start_time"), End: c.time("end_time"), Ascending: !c.descending(true),
	}
	if c.query.Get("exclude_meetings") == "true" { // every livestream here is of a meeting
		return list(c, []platform.Livestream{}, 0, nil), nil
	}
	all, total := c.platform().Livestreams(c.Key, f, c.page())
	return list(c, all, total, nil), nil
}

func getLivestream(c *Call) (any, error) {
	l, run, err := c.platform().Livestream(c.Key, c.PathValue("livestream"))
	return Answer(map[string]any{
		"livestream": l, "session": run, "paging": paging{TotalCount: 1, StartOffset: 1, EndOffset: 1},
	}), err
}

// textRun is a run as the call for a running one shows it: with seconds as texts.
type textRun struct {
	platform.LivestreamSession
	IngestSeconds string `json:"ingest_seconds"`
	ViewerSeconds string `json:"viewer_seconds"`
}

func getLiveRun(c *Call) (any, error) {
	l, run, err := c.platform().Livestream(c.Key, c.PathValue("livestream"))
	if err == nil && l.Status != platform.Live {
		err = jsonapi.Errorf(http.StatusNotFound, "not there: an active session of livestream %.64q", l.ID)
	}
	return Answer(map[string]any{"livestream": l, "session": textRun{run, number(run.IngestSeconds), number(run.ViewerSeconds)}}), err
}

func getRun(c *Call) (any, error) {
	run, err := c.platform().LivestreamSession(c.Key, c.PathValue("run"))
	return Answer(run), err
}
