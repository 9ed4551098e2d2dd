package rest

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

// The paths at which the API answers. An app of the predecessor is named by the
// user of its Basic authentication, and its operations are those of the app.
const (
	Base            = "/client/v4/"
	PredecessorBase = "/v2/"

	accountPath = Base + "accounts/{account}/realtime/kit"
	appPath     = accountPath + "/{app}"
)

// Options say how the API behaves.
type Options struct {
	// Platform has what the API shows. It is needed.
	Platform *platform.Platform
	// Token is the bearer token that is required, or the password at
	// PredecessorBase. Empty: any one is accepted, but there must be one.
	Token string
	// FilterSessions makes ?meeting_id= filter GET /sessions. In practice it does
	// not.
	FilterSessions bool
	// Operations replace those of the function Operations that have their IDs.
	Operations []Operation
	// App is the one app that every account and app stands for. Nil: each is its own.
	App *platform.Key

	wrap func(Operation, http.Handler) http.Handler // of a Server
}

// New returns the API. It answers all paths under Base and PredecessorBase.
func New(o Options) http.Handler {
	a := &api{o}
	var routes router
	for _, op := range Operations() {
		if i := slices.IndexFunc(o.Operations, func(other Operation) bool { return other.ID == op.ID }); i >= 0 {
			op.Do = o.Operations[i].Do
		}
		if op.Path == "/apps" {
			routes.add(accountPath+op.Path, op.Method, a.route(op, a.accountOf))
			continue
		}
		routes.add(appPath+op.Path, op.Method, a.route(op, a.appOf))
		routes.add(strings.TrimSuffix(PredecessorBase, "/")+op.Path, op.Method, a.route(op, a.predecessorOf))
	}
	return refuseEmptyIDs(&routes)
}

func noRoute(w http.ResponseWriter, r *http.Request) {
	jsonapi.Fail(w, jsonapi.Errorf(http.StatusNotFound, "no such route: %s %.200s; the API is under %s and %s", r.Method, r.URL.Path, appPath, PredecessorBase))
}

type api struct{ o Options }

// route is handle with what a Server adds.
func (a *api) route(op Operation, keyOf func(*http.Request) (platform.Key, error)) http.HandlerFunc {
	h := a.handle(op, keyOf)
	if a.o.wrap != nil {
		return a.o.wrap(op, h).ServeHTTP
	}
	return h
}

// handle answers requests for an operation. keyOf checks who asks, and says of
// which app.
func (a *api) handle(op Operation, keyOf func(*http.Request) (platform.Key, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &Call{Request: r, w: w, api: a, op: op}
		out, err := any(nil), error(nil)
		if c.Key, err = keyOf(r); err == nil {
			out, err = c.do()
		}
		if err != nil {
			jsonapi.Fail(w, withStatus(err))
			return
		}
		jsonapi.Answer(w, op.Status, out)
	}
}

// withStatus gives an error of the platform the status that it has in the API.
func withStatus(err error) error {
	if e := new(jsonapi.Error); errors.As(err, &e) {
		return e
	}
	for _, known := range []struct {
		is     error
		status int
	}{
		{platform.ErrUnknown, http.StatusNotFound}, {platform.ErrConflict, http.StatusConflict},
		{platform.ErrInvalid, http.StatusBadRequest}, {platform.ErrFull, http.StatusTooManyRequests},
	} {
		if errors.Is(err, known.is) {
			return jsonapi.Errorf(known.status, "%s", strings.TrimPrefix(err.Error(), "platform: "))
		}
	}
	return err
}

func (a *api) accountOf(r *http.Request) (platform.Key, error) {
	if err := jsonapi.CheckToken(r, a.o.Token); err != nil {
		return platform.Key{}, err
	}
	k := platform.Key{AccountID: r.PathValue("account")}
	if err := checkIDs(k.AccountID); err != nil || a.o.App == nil {
		return k, err
	}
	return platform.Key{AccountID: a.o.App.AccountID}, nil
}

func (a *api) appOf(r *http.Request) (platform.Key, error) {
	k, err := a.accountOf(r)
	k.AppID = r.PathValue("app")
	if err := errors.Join(err, checkIDs(k.AppID)); err != nil || a.o.App == nil {
		return k, err
	}
	return *a.o.App, nil
}

// predecessorOf finds the app that the user of Basic authentication names: "Basic
// base64(orgId:apiKey)".
func (a *api) predecessorOf(r *http.Request) (platform.Key, error) {
	user, password, ok := r.BasicAuth()
	switch {
	case !ok || user == "" || password == "":
		return platform.Key{}, jsonapi.Errorf(http.StatusUnauthorized, "found no organization and key, want the header Authorization: Basic base64(ORGANIZATION:KEY)")
	case a.o.Token != "" && subtle.ConstantTimeCompare([]byte(password), []byte(a.o.Token)) != 1:
		return platform.Key{}, jsonapi.Errorf(http.StatusUnauthorized, "the key is not the one that is asked for")
	}
	if a.o.App != nil {
		return *a.o.App, nil
	}
	if k, ok := a.o.Platform.FindApp(user); ok {
		return k, nil
	}
	return platform.Key{AccountID: user, AppID: user}, checkIDs(user)
}

// maxID bounds the id of an account or an app, in bytes.
const maxID = 128

func checkIDs(ids ...string) error {
	for _, id := range ids {
		if len(id) > maxID || !utf8.ValidString(id) || strings.TrimSpace(id) == "" {
			return jsonapi.Invalid("the id of an account or an app is empty, not UTF-8 or longer than %d bytes", maxID)
		}
	}
	return nil
}

// refuseEmptyIDs answers a path of the API in which an id is empty. A variable
// that is not set leaves such a path. The mux would redirect to the path without
// the empty part, where nothing is.
func refuseEmptyIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.EscapedPath(), Base+"accounts/")
		account, rest, _ := strings.Cut(rest, "/")
		app, inKit := strings.CutPrefix(rest, "realtime/kit/")
		app, _, _ = strings.Cut(app, "/")
		var empty []string
		if ok && inKit && account == "" {
			empty = append(empty, "account")
		}
		if ok && inKit && app == "" {
			empty = append(empty, "app")
		}
		if empty != nil {
			jsonapi.Fail(w, jsonapi.Errorf(http.StatusNotFound, "the id of the %s is empty, want a path such as %saccounts/acc/realtime/kit/app/webhooks",
				strings.Join(empty, " and that of the "), Base))
			return
		}
		next.ServeHTTP(w, r)
	})
}
