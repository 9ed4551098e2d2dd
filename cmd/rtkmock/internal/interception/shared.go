package interception

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/intercept"
)

// Path is where a running rtkmock tells others how to be intercepted.
const Path = "/_rtkmock/intercept"

// Shared is what a running rtkmock tells: settings, or why there are none.
type Shared struct {
	Settings *intercept.Settings `json:"settings,omitempty"`
	Error    string              `json:"error,omitempty"`
}

// errAlone says that nobody but the command is intercepted.
var errAlone = errors.New("it intercepts its own command alone (the way hosts); give it --intercept-listen 0.0.0.0:443 and --intercept-dir DIR for containers, or start it without a command")

// shared are the settings for other processes.
func (i *Interception) shared() (intercept.Settings, error) {
	if i == nil {
		return intercept.Settings{}, errors.New("it intercepts nothing; start it with --intercept always")
	}
	s := i.Settings()
	if i.Way == intercept.WayHosts {
		if s.Listen == "" || i.dir == "" {
			return s, errAlone
		}
		s.Way, s.Dir = intercept.WayListener, i.dir
	}
	return s, nil
}

// Serve answers Path by what current returns, and leaves the rest to next. No
// secret is in it.
func Serve(current func() *Interception, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", next)
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, _ *http.Request) {
		var out Shared
		status := http.StatusOK
		if s, err := current().shared(); err != nil {
			status, out.Error = http.StatusNotFound, err.Error()
		} else {
			out.Settings = &s
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(out)
	})
	return mux
}
