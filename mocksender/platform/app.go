package platform

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// Key names an app.
type Key struct {
	AccountID string `json:"account_id"`
	AppID     string `json:"app_id"`
}

// App is an app as the API shows it.
type App struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt string `json:"created_at"`
}

// app is an app and what it has.
type app struct {
	Key
	order     uint64
	name      string
	createdAt time.Time
	orgID     string // organizedBy.id of its meetings

	presets     []*Preset
	meetings    []*meeting // in the order of their creation, as all lists
	byID        map[string]*meeting
	sessions    []session
	recordings  map[string]*recording
	recordOrder []*recording
	livestreams map[string]*livestream
	streamOrder []*livestream
}

func (a *app) view() App { return App{a.AppID, a.name, stamp(a.createdAt)} }

// CreateApp makes an app of an account. Errors match ErrFull.
func (p *Platform) CreateApp(accountID, name string) (App, error) {
	p.mu.Lock()
	a, err := p.app(Key{accountID, p.ids.Next()})
	if err != nil {
		p.mu.Unlock()
		return App{}, err
	}
	a.name = name
	out, wait := a.view(), p.commit(Change{App: a.Key, Records: []Record{a.record()}})
	p.mu.Unlock()
	return out, wait()
}

// Apps returns the apps of an account, the oldest first.
func (p *Platform) Apps(accountID string) []App {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []App
	for _, a := range p.order {
		if a.AccountID == accountID {
			out = append(out, a.view())
		}
	}
	return out
}

// FindApp returns the app with this id in whatever account, for callers that know
// no account.
func (p *Platform) FindApp(id string) (Key, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.order {
		if a.AppID == id {
			return a.Key, true
		}
	}
	return Key{}, false
}

// Keys returns all apps.
func (p *Platform) Keys() []Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Key
	for _, a := range p.order {
		out = append(out, a.Key)
	}
	return out
}

// app returns an app. Any id names one, since apps are made in the dashboard: one
// that is not known is made. p.mu is held.
func (p *Platform) app(k Key) (*app, error) {
	if a := p.apps[k]; a != nil {
		return a, nil
	}
	if len(p.order) >= MaxApps {
		return nil, fmt.Errorf("%w: there are %d apps", ErrFull, MaxApps)
	}
	// The organization of meetings and sessions is the app.
	a := &app{Key: k, order: p.place(0), name: k.AppID, createdAt: p.now(), orgID: k.AppID, byID: map[string]*meeting{}}
	if !isUUID(k.AppID) {
		a.orgID = derivedID("organization", k.AccountID, k.AppID)
	}
	a.recordings, a.livestreams = map[string]*recording{}, map[string]*livestream{}
	p.apps[k] = a
	p.order = append(p.order, a)
	return a, nil
}

// known returns an app without making it: an empty one if it is not known.
func (p *Platform) known(k Key) *app { return cmp.Or(p.apps[k], &app{Key: k}) }

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func isUUID(s string) bool { return uuid.MatchString(s) }

// plain returns the text of an error without the names of packages.
func plain(err error) string {
	return strings.ReplaceAll(strings.TrimPrefix(err.Error(), "payload: "), "not possible now: ", "")
}

// payloadOptions fix a new meeting of the app.
func (p *Platform) payloadOptions(a *app) payload.Options {
	return payload.Options{
		Start: p.now(), BaseURL: p.o.BaseURL, OpenEnded: true, RecordingSize: recordingSize,
		OrganizationID: a.orgID, OrganizationName: a.name,
	}
}
