package payload

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Defaults of Options. Start and duration are those of the guide's samples.
const (
	DefaultStart    = "2026-06-03T10:00:00.000Z"
	DefaultDuration = 30 * time.Minute
	DefaultBaseURL  = "https://example.com"
)

// timeLayout is the layout of the samples' timestamps.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Timestamps have four digits for the year. maxYear and maxDuration leave room
// for a planned end and for the expiry of a link.
const (
	maxYear     = 9990
	maxDuration = 366 * 24 * time.Hour
)

// Options fix a meeting. The zero value is a usable one.
type Options struct {
	// Seed fixes names, ids, tokens and sizes. 0 is a seed like any other.
	Seed uint64
	// Start is when the meeting is created and where its clock stands at
	// first, cut to milliseconds. Zero: DefaultStart.
	Start time.Time
	// Duration is how long a session is planned to last, from a second to a
	// year; see Meeting.Leave for what depends on it. Zero: DefaultDuration.
	Duration time.Duration
	// OpenEnded says that nobody knows when a session will end: the end that
	// meeting.participantLeft states is a plan, and the clock may pass it. It is
	// for meetings in which anything may happen at any time.
	OpenEnded bool
	// RecordingSize is the size of every recording in bytes. 0: each has its own.
	RecordingSize int
	// BaseURL is the prefix of all download and playback URLs: http or https,
	// without user, query and fragment. Empty: DefaultBaseURL.
	BaseURL string
	// MeetingID, Title, OrganizationID and OrganizationName replace the
	// generated values where they are not empty. They are UTF-8.
	MeetingID, Title, OrganizationID, OrganizationName string
	// PlainNames keeps the names of invented participants to ASCII. Without it
	// every other one is from another script.
	PlainNames bool
	// Forms are deviations from the guide's samples. None: events look like the
	// samples.
	Forms []Form
}

// settings are options with the defaults filled in and checked.
type settings struct {
	Options
	ingestHost string
}

func (o Options) withDefaults() (settings, error) {
	s := settings{Options: o}
	if err := s.setTimes(); err != nil {
		return settings{}, err
	}
	if err := s.setBaseURL(); err != nil {
		return settings{}, err
	}
	for _, text := range []struct{ name, value string }{
		{"MeetingID", o.MeetingID},
		{"Title", o.Title},
		{"OrganizationID", o.OrganizationID},
		{"OrganizationName", o.OrganizationName},
	} {
		if !utf8.ValidString(text.value) {
			return settings{}, fmt.Errorf("%w: %s %q is not UTF-8", ErrOptions, text.name, text.value)
		}
	}
	s.Forms = slices.Clone(o.Forms)
	for _, f := range o.Forms {
		if _, err := ParseForm(string(f)); err != nil {
			return settings{}, fmt.Errorf("%w: %w", ErrOptions, err)
		}
	}
	return s, nil
}

func (s *settings) setTimes() error {
	if s.Start.IsZero() {
		s.Start, _ = time.Parse(timeLayout, DefaultStart) // it is a time
	}
	s.Start = s.Start.UTC().Truncate(time.Millisecond)
	if y := s.Start.Year(); y < 1 || y > maxYear {
		return fmt.Errorf("%w: Start is in the year %d, want 1 to %d", ErrOptions, y, maxYear)
	}
	s.Duration = cmp.Or(s.Duration, DefaultDuration)
	if s.Duration < time.Second || s.Duration > maxDuration {
		return fmt.Errorf("%w: Duration is %v, want 1s to %v", ErrOptions, s.Duration, maxDuration)
	}
	s.Duration = s.Duration.Truncate(time.Millisecond)
	return nil
}

func (s *settings) setBaseURL() error {
	u, err := url.Parse(cmp.Or(s.BaseURL, DefaultBaseURL))
	// The messages leave out what may hold a secret: user, password, query.
	switch {
	case err != nil:
		return fmt.Errorf("%w: BaseURL is not a URL", ErrOptions)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("%w: BaseURL has the scheme %q and the host %q, want http://HOST or https://HOST", ErrOptions, u.Scheme, u.Host)
	case strings.ContainsAny(s.BaseURL, "?#"):
		return fmt.Errorf("%w: BaseURL has a query or a fragment", ErrOptions)
	case u.User != nil:
		return fmt.Errorf("%w: BaseURL has a user name, which browsers' fetch refuses", ErrOptions)
	}
	s.BaseURL = strings.TrimRight(u.String(), "/")
	s.ingestHost = u.Host
	return nil
}
