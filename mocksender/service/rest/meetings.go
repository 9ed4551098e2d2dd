package rest

import (
	"github.com/rtkmock/rtkmock/mocksender/platform"
)

func getApps(c *Call) (any, error) {
	var all []platform.App
	for _, a := range c.platform().Apps(c.Key.AccountID) {
		if contains(a.Name, c.query.Get("search")) || contains(a.ID, c.query.Get("search")) {
			all = append(all, a)
		}
	}
	reverse(all, c.descending(false))
	return list(c, pageOf(c, all), len(all), nil), nil
}

func postApp(c *Call) (any, error) {
	var body struct{ Name string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	a, err := c.platform().CreateApp(c.Key.AccountID, body.Name)
	return Answer(map[string]any{"app": a}), err
}

func createMeeting(c *Call) (any, error) {
	var body platform.MeetingChange
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	m, err := c.platform().CreateMeeting(c.Key, body)
	return Answer(m), err
}

func getMeetings(c *Call) (any, error) {
	f := platform.MeetingFilter{
		Search: c.query.Get("search"), Status: platform.Status(c.query.Get("status")), Start: c.time("start_time"), End: c.time("end_time"),
	}
	all, total := c.platform().Meetings(c.Key, f, c.page())
	for i := range all {
		all[i].AIConfig = nil // a list has none
	}
	return list(c, all, total, nil), nil
}

func getMeeting(c *Call) (any, error) {
	m, err := c.platform().Meeting(c.Key, c.PathValue("meeting"))
	return Answer(m), err
}

// updateMeeting replaces the whole meeting, or the members that are given.
func updateMeeting(whole bool) func(*Call) (any, error) {
	return func(c *Call) (any, error) {
		var body platform.MeetingChange
		if err := c.decode(&body); err != nil {
			return nil, err
		}
		m, err := c.platform().ChangeMeeting(c.Key, c.PathValue("meeting"), body, whole)
		return Answer(m), err
	}
}

func addParticipant(c *Call) (any, error) {
	var body platform.ParticipantChange
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	p, err := c.platform().AddParticipant(c.Key, c.PathValue("meeting"), body)
	return Answer(p), err
}

func getParticipants(c *Call) (any, error) {
	all, total, err := c.platform().Participants(c.Key, c.PathValue("meeting"), c.page())
	return list(c, all, total, nil), err
}

func getParticipant(c *Call) (any, error) {
	p, err := c.platform().Participant(c.Key, c.PathValue("meeting"), c.PathValue("participant"))
	return Answer(p), err
}

func editParticipant(c *Call) (any, error) {
	var body platform.ParticipantChange
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	p, err := c.platform().EditParticipant(c.Key, c.PathValue("meeting"), c.PathValue("participant"), body)
	return Answer(p), err
}

func deleteParticipant(c *Call) (any, error) {
	p, err := c.platform().DeleteParticipant(c.Key, c.PathValue("meeting"), c.PathValue("participant"))
	return Answer(p), err
}

func refreshToken(c *Call) (any, error) {
	token, err := c.platform().RefreshToken(c.Key, c.PathValue("meeting"), c.PathValue("participant"))
	return Answer(map[string]string{"token": token}), err
}
