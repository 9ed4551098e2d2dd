package rest

import (
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/platform"
)

func getActiveSession(c *Call) (any, error) {
	s, err := c.platform().ActiveSession(c.Key, c.PathValue("meeting"))
	return Answer(s), err
}

func kick(c *Call) (any, error) {
	var body struct {
		IDs       []string `json:"participant_ids"`
		CustomIDs []string `json:"custom_participant_ids"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	kicked, err := c.platform().Kick(c.Key, c.PathValue("meeting"), body.IDs, body.CustomIDs)
	type participant struct {
		ID        string  `json:"id"`
		Name      *string `json:"name,omitempty"`
		Picture   *string `json:"picture,omitempty"`
		CreatedAt string  `json:"created_at"`
		UpdatedAt string  `json:"updated_at"`
	}
	out := []participant{}
	for _, p := range kicked {
		out = append(out, participant{p.ID, p.Name, p.Picture, p.CreatedAt, p.UpdatedAt})
	}
	return Answer(map[string]any{"action": "kick", "participants": out}), err
}

func kickAll(c *Call) (any, error) {
	n, err := c.platform().KickAll(c.Key, c.PathValue("meeting"))
	return Answer(map[string]any{"action": "kick-all", "kicked_participants_count": n}), err
}

// createPoll answers as if the poll were shown in the session. Nobody votes here,
// and no other call shows polls.
func createPoll(c *Call) (any, error) {
	var body struct {
		Question  string   `json:"question"`
		Options   []string `json:"options"`
		Anonymous bool     `json:"anonymous"`
		HideVotes bool     `json:"hide_votes"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	s, err := c.platform().ActiveSession(c.Key, c.PathValue("meeting"))
	if err != nil {
		return nil, err
	}
	type option struct {
		Text  string `json:"text"`
		Count int    `json:"count"`
		Votes []any  `json:"votes"`
	}
	options := []option{}
	for _, text := range body.Options {
		options = append(options, option{text, 0, []any{}})
	}
	return Answer(map[string]any{"action": "create-poll", "poll": map[string]any{
		"id": c.platform().NewID(), "question": body.Question, "options": options, "anonymous": body.Anonymous,
		"hide_votes": body.HideVotes, "created_by": s.OrgID, "voted": []string{},
	}}), nil
}

func getSessions(c *Call) (any, error) {
	f := platform.SessionFilter{
		MeetingID: c.query.Get("associated_id"), Status: c.query.Get("status"), Search: c.query.Get("search"),
		Start: c.time("start_time"), End: c.time("end_time"),
		ByMinutes: c.query.Get("sort_by") == "minutesConsumed", Ascending: !c.descending(true),
	}
	if id := c.query.Get("meeting_id"); c.api.o.FilterSessions && id != "" {
		f.MeetingID = id
	}
	if who := c.query.Get("participants"); who != "" {
		f.Participants = strings.Split(who, ",")
	}
	all, total := c.platform().Sessions(c.Key, f, c.page())
	return list(c, all, total, func(all []platform.Session) any { return map[string]any{"sessions": all} }), nil
}

func getSession(c *Call) (any, error) {
	s, err := c.platform().Session(c.Key, c.PathValue("session"))
	if c.query.Get("include_breakout_rooms") == "true" {
		return Answer(struct {
			platform.Session
			BreakoutRooms []any `json:"breakout_rooms"` // there are none here
		}{s, []any{}}), err
	}
	return Answer(s), err
}

func getSessionParticipants(c *Call) (any, error) {
	f := platform.ParticipantFilter{
		Search: c.query.Get("search"), ByDuration: c.query.Get("sort_by") == "duration", Descending: c.descending(false),
		PeerEvents: c.query.Get("include_peer_events") == "true",
	}
	all, total, err := c.platform().SessionParticipants(c.Key, c.PathValue("session"), f, c.page())
	return list(c, all, total, func(all []platform.SessionParticipant) any { return map[string]any{"participants": all} }), err
}

func getSessionParticipant(c *Call) (any, error) {
	p, err := c.platform().SessionParticipant(c.Key, c.PathValue("session"), c.PathValue("participant"), c.query.Get("include_peer_events") == "true")
	return Answer(map[string]any{"participant": p}), err
}

func getChat(c *Call) (any, error) {
	d, err := c.platform().Chat(c.Key, c.PathValue("session"))
	return Answer(map[string]string{"chat_download_url": d.URL, "chat_download_url_expiry": d.Expiry}), err
}

func getTranscript(c *Call) (any, error) {
	d, err := c.platform().Transcript(c.Key, c.PathValue("session"))
	// The link of the webhook leads to CSV. Only its file name says so.
	if format := strings.ToLower(c.query.Get("format")); format != "" {
		d.URL = strings.TrimSuffix(d.URL, "csv") + format
	}
	return Answer(map[string]string{
		"sessionId": d.SessionID, "transcript_download_url": d.URL, "transcript_download_url_expiry": d.Expiry,
	}), err
}

func getSummary(c *Call) (any, error) {
	d, err := c.platform().Summary(c.Key, c.PathValue("session"))
	return Answer(map[string]string{"sessionId": d.SessionID, "summaryDownloadUrl": d.URL, "summaryDownloadUrlExpiry": d.Expiry}), err
}

func generateSummary(c *Call) (any, error) {
	ready, err := c.platform().Summarize(c.Key, c.PathValue("session"))
	status := "PROCESSING"
	if ready {
		status = "COMPLETED"
	}
	return Answer(map[string]string{"session_id": c.PathValue("session"), "status": status}), err
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

func reverse[T any](all []T, really bool) {
	if really {
		slices.Reverse(all)
	}
}
