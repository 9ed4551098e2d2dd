package effects

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
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Bounds of one request to an effects URL.
const (
	bodyLimit  = 64 << 10
	answerTime = 5 * time.Second
)

// urlCounter asks the target over HTTP.
type urlCounter struct {
	template string
	client   *http.Client

	missing, found atomic.Bool // an answer was 404; an answer was another one
}

// Placeholders that are known, and what looks like one.
var (
	known       = regexp.MustCompile(`\{(uuid|event|meeting_id|session_id)\}`)
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
)

const knownNames = "{uuid}, {event}, {meeting_id}, {session_id}"

// NewURL returns an instrument that asks by HTTP GET and reads {"count":N}.
// The placeholders {uuid}, {event}, {meeting_id} and {session_id} in template
// stand for the delivery's values. At least one is required, and {uuid} tells
// deliveries apart best. An answer of 404 counts as none.
func NewURL(template string) (Counter, error) {
	u, err := url.Parse(template)
	if err != nil {
		return nil, fmt.Errorf("conformance: effects URL %q does not parse", template)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("conformance: effects URL %q: want http://… or https://…", template)
	}
	rest := known.ReplaceAllString(template, "")
	if typed := placeholder.FindString(rest); typed != "" {
		return nil, fmt.Errorf("conformance: effects URL %q: unknown placeholder %s, want %s", template, typed, knownNames)
	}
	if rest == template {
		return nil, fmt.Errorf("conformance: effects URL %q names no delivery: put {uuid} where its id belongs", template)
	}
	if strings.ContainsAny(rest, "{}") {
		return nil, fmt.Errorf("conformance: effects URL %q: a brace that belongs to no placeholder, want %s", template, knownNames)
	}
	return &urlCounter{template: template, client: &http.Client{
		// A target that serves one connection at a time would wait for idle ones.
		Transport:     &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: answerTime},
		Timeout:       answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Key implements Counter.
func (c *urlCounter) Key(q Query) string {
	return strings.NewReplacer(
		"{uuid}", url.QueryEscape(q.UUID),
		"{event}", url.QueryEscape(string(q.Event)),
		"{meeting_id}", url.QueryEscape(q.MeetingID),
		"{session_id}", url.QueryEscape(q.SessionID),
	).Replace(c.template)
}

// Doubt implements Doubter. A receiver may answer 404 for none, and a server does so
// where nothing is served.
func (c *urlCounter) Doubt() string {
	if c.found.Load() || !c.missing.Load() {
		return ""
	}
	address, _, _ := strings.Cut(c.template, "?")
	address = strings.NewReplacer("%7B", "{", "%7D", "}").Replace(redact.URL(address))
	return fmt.Sprintf(`GET %s was answered 404, which counts as none; if nothing is served there, want the address where the receiver answers {"count":N}`, address)
}

// Count implements Counter.
func (c *urlCounter) Count(ctx context.Context, q Query) (int, error) {
	status, body, err := c.get(ctx, c.Key(q))
	if err == nil {
		map[bool]*atomic.Bool{true: &c.missing, false: &c.found}[status == http.StatusNotFound].Store(true)
	}
	var answer struct {
		Count *int `json:"count"`
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("conformance: effects URL: %w", err)
	case status == http.StatusNotFound:
		return 0, nil
	case status != http.StatusOK:
		return 0, fmt.Errorf("conformance: effects URL answered %d, want 200 and {\"count\":N}", status)
	case json.Unmarshal(body, &answer) != nil || answer.Count == nil || *answer.Count < 0:
		return 0, fmt.Errorf("conformance: effects URL answered %.60q, want {\"count\":N}", body)
	}
	return *answer.Count, nil
}

func (c *urlCounter) get(ctx context.Context, address string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // without the URL, which may hold secrets
		}
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	return resp.StatusCode, body, err
}
