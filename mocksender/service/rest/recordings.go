package rest

import (
	"github.com/rtkmock/rtkmock/mocksender/platform"
)

func startRecording(c *Call) (any, error) {
	var body platform.RecordingStart
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	r, err := c.platform().StartRecording(c.Key, body)
	return Answer(r), err
}

func startTrackRecording(c *Call) (any, error) {
	body := platform.RecordingStart{}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	body.Track = true
	r, err := c.platform().StartRecording(c.Key, body)
	return Answer(map[string]any{"recording": r}), err
}

func getRecordings(c *Call) (any, error) {
	f := platform.RecordingFilter{
		MeetingID: c.query.Get("meeting_id"), Search: c.query.Get("search"), Statuses: c.query["status"],
		Start: c.time("start_time"), End: c.time("end_time"), Ascending: !c.descending(true),
	}
	f.Statuses = append(f.Statuses, c.query["status[]"]...) // as some clients write a list
	if text := c.query.Get("expired"); text != "" {
		expired := text == "true"
		f.Expired = &expired
	}
	all, total := c.platform().Recordings(c.Key, f, c.page())
	return list(c, all, total, nil), nil
}

func getRecording(c *Call) (any, error) {
	r, err := c.platform().Recording(c.Key, c.PathValue("recording"))
	return Answer(r), err
}

func changeRecording(c *Call) (any, error) {
	var body struct{ Action string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	r, err := c.platform().ChangeRecording(c.Key, c.PathValue("recording"), body.Action)
	return Answer(r), err
}

func getActiveRecording(c *Call) (any, error) {
	r, err := c.platform().ActiveRecording(c.Key, c.PathValue("meeting"))
	return Answer(r), err
}
