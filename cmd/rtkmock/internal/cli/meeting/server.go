package meeting

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

const (
	defaultControl = "http://127.0.0.1:9010"
	controlPath    = "/_rtkmock/"
	callTimeout    = 30 * time.Second
	maxAnswer      = 64 << 20 // bytes
)

// server is a running serve, as the flags name it.
type server struct {
	*app.App
	ctx     context.Context
	control string
	token   string
	caFile  string
	account string
	app     string
}

func (s *server) addFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.Heading(cmd, "The server", "control")
	s.control = defaultControl
	flags.Var(fs, &s.control, "control", "URL", "where its control API is, without a path", controlURL)
	flags.Var(fs, &s.token, "control-token", "TOKEN", "the bearer token that it asks for", flags.HeaderValue)
	flags.File(cmd, &s.caFile, "ca", "FILE", `trust this certificate of an authority, which "rtkmock key ca" prints`, "pem", "crt")
	flags.String(fs, &s.account, "account", "ID", "the account of the app; not needed while there is one app")
	flags.String(fs, &s.app, "app", "ID", "the app; not needed while there is one")
	flags.Output(cmd, &s.Form, "form of the result")
}

// controlURL accepts the URL of a server, with or without the path of the control
// API.
func controlURL(text string) (string, error) {
	base := strings.TrimSuffix(strings.TrimSuffix(text, "/"), strings.TrimSuffix(controlPath, "/"))
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", flags.Found(redact.Typed(text), "the URL of a server, such as %s", defaultControl)
	}
	return base, nil
}

// where says which app is meant.
type where struct {
	AccountID string `json:"account_id,omitempty"`
	AppID     string `json:"app_id,omitempty"`
}

func (s *server) where() where { return where{s.account, s.app} }

// path joins segments of a path, escaped.
func path(segments ...string) string {
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// usage makes an error about the words of a verb one about its usage.
func usage(cmd *cobra.Command, err error) error {
	return exit.Usagef("%s: %w", command.Path(cmd), err)
}

// overview is a meeting as the control API shows it.
type overview struct {
	ID, Title, Status string
	Session           *struct {
		ID   string
		Live int `json:"live_participants"`
	}
	Present []struct{ Name string }
}

// people names who is in it.
func (m overview) people() string {
	var names []string
	for _, one := range m.Present {
		names = append(names, one.Name)
	}
	out := strings.Join(names, ", ")
	if m.Session != nil && m.Session.Live > len(names) {
		out += fmt.Sprintf(" and %d more", m.Session.Live-len(names))
	}
	return terminal.OneLine(out)
}

func (m overview) state() string {
	if m.Session != nil {
		return m.Status + ", live"
	}
	return m.Status
}

// door calls a door, and says what it caused.
func (s *server) door(path string, body any) error {
	var out struct {
		MeetingID   string `json:"meeting_id"`
		Participant *struct {
			Name     *string `json:"name"`
			CustomID string  `json:"custom_participant_id"`
		} `json:"participant"`
		Events []string `json:"events"`
		Made   bool     `json:"made"`
		Note   string   `json:"note"`
	}
	raw, err := s.call(http.MethodPost, path, body, &out)
	if err != nil {
		return err
	}
	return s.Result(raw, func() {
		if out.Made {
			s.Notef("the meeting %s was made: nobody knew it", terminal.OneLine(out.MeetingID))
		}
		if p := out.Participant; p != nil {
			name := p.CustomID
			if p.Name != nil {
				name = cmp.Or(*p.Name, name)
			}
			s.Printf("who     %s (%s)\n", terminal.OneLine(name), terminal.OneLine(p.CustomID))
		}
		s.Printf("events  %s\n", cmp.Or(strings.Join(out.Events, ", "), "none"))
		s.note(out.Note)
	})
}

// note says what a door notes, if anything.
func (s *server) note(text string) {
	if text != "" {
		s.Notef("%s", terminal.OneLine(text))
	}
}

// call makes a call of the control API, reads the answer into v, and returns it as
// it came.
func (s *server) call(method, path string, body, v any) (json.RawMessage, error) {
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(data)
	}
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.control+controlPath+path, in)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	var data []byte
	if err == nil {
		defer res.Body.Close()
		data, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	}
	switch {
	case s.ctx.Err() != nil:
		return nil, s.ctx.Err()
	case err != nil:
		return nil, exit.Errorf(exit.Inconclusive, "no server at %s, want \"rtkmock serve --listen %s\" there, or another --control: %s", s.control, req.URL.Host, reason(err))
	}
	return data, s.judge(res, data, v)
}

// reason is what went wrong without the URL, which stands beside it already.
func reason(err error) string {
	if u := new(url.Error); errors.As(err, &u) {
		err = u.Err
	}
	return terminal.OneLine(err.Error())
}

// judge reads an answer, or says why it is none.
func (s *server) judge(res *http.Response, data []byte, v any) error {
	if res.StatusCode < 300 {
		if err := json.Unmarshal(data, v); err != nil {
			return exit.Errorf(exit.Inconclusive, "the server at %s does not answer as a rtkmock does", s.control)
		}
		return nil
	}
	var failure struct{ Error struct{ Message string } }
	if json.Unmarshal(data, &failure) != nil || failure.Error.Message == "" {
		return exit.Errorf(exit.Inconclusive, "the server at %s does not answer as a rtkmock does: %s", s.control, res.Status)
	}
	return exit.Errorf(exit.Nonconformant, "%s", terminal.OneLine(failure.Error.Message))
}

// client returns a client that asks no proxy, and follows no redirect.
func (s *server) client() (*http.Client, error) {
	t := &http.Transport{DisableKeepAlives: true}
	if s.caFile != "" {
		pem, err := s.ReadFile("ca", s.caFile, app.MaxKeyFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, s.BadFlag("ca", "%s has no certificate in PEM", s.caFile)
		}
		t.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}
