package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// effectsBody bounds what is read of one answer of an effects URL.
const effectsBody = 64 << 10

// effectsAnswer bounds the time of one request to an effects URL.
const effectsAnswer = 5 * time.Second

// effectsURL asks the target over HTTP.
type effectsURL struct {
	template string
	client   *http.Client
}

// placeholder is what looks like one that is to be filled in.
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// NewEffectsURL returns an instrument that asks by HTTP GET and reads
// {"count":N}. In template {uuid}, {event}, {meeting_id} and {session_id} stand
// for the delivery's values; at least one of them has to be there, and {uuid}
// tells deliveries apart best. Answers of 404 count as none.
func NewEffectsURL(template string) (Effects, error) {
	u, err := url.Parse(template)
	if err != nil {
		return nil, fmt.Errorf("conformance: effects URL %q does not parse", template)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("conformance: effects URL %q: want http://… or https://…", template)
	}
	known := []string{"{uuid}", "{event}", "{meeting_id}", "{session_id}"}
	rest, found := template, false
	for _, name := range known {
		found = found || strings.Contains(rest, name)
		rest = strings.ReplaceAll(rest, name, "")
	}
	if typed := placeholder.FindString(rest); typed != "" {
		return nil, fmt.Errorf("conformance: effects URL %q: unknown placeholder %s, want %s", template, typed, strings.Join(known, ", "))
	}
	if !found {
		return nil, fmt.Errorf("conformance: effects URL %q names no delivery: put {uuid} where its id belongs", template)
	}
	if i := strings.IndexAny(rest, "{}"); i >= 0 {
		return nil, fmt.Errorf("conformance: effects URL %q: a brace that belongs to no placeholder, want %s", template, strings.Join(known, ", "))
	}
	// Idle connections would keep a target waiting that serves one at a time.
	transport := &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: effectsAnswer}
	return &effectsURL{template, &http.Client{
		Transport: transport,
		Timeout:   effectsAnswer,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}, nil
}

func (e *effectsURL) Key(q EffectQuery) string {
	return strings.NewReplacer(
		"{uuid}", url.QueryEscape(q.UUID),
		"{event}", url.QueryEscape(string(q.Event)),
		"{meeting_id}", url.QueryEscape(q.MeetingID),
		"{session_id}", url.QueryEscape(q.SessionID),
	).Replace(e.template)
}

func (e *effectsURL) Count(ctx context.Context, q EffectQuery) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Key(q), nil)
	if err != nil {
		return 0, fmt.Errorf("conformance: effects URL: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := e.client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // without the URL, which may hold secrets
		}
		return 0, fmt.Errorf("conformance: effects URL: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, effectsBody))
	if err != nil {
		return 0, fmt.Errorf("conformance: effects URL: %w", err)
	}
	if resp.StatusCode == http.StatusNotFound {
		return 0, nil
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("conformance: effects URL answered %d, want 200 and {\"count\":N}", resp.StatusCode)
	}
	var answer struct {
		Count *int `json:"count"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Count == nil || *answer.Count < 0 {
		return 0, fmt.Errorf("conformance: effects URL answered %.60q, want {\"count\":N}", body)
	}
	return *answer.Count, nil
}
