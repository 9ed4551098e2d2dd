package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// keys returns the key to verify with, and the others.
func (o *options) keys(ctx context.Context) (key diagnose.Key, others []diagnose.Key, err error) {
	// The command line outweighs the environment and the configuration.
	typed := func(flag string) bool { return o.Origin(flag) == "--"+flag }
	switch {
	case o.key == "" && o.keyURL == "":
		return key, nil, exit.Usagef("verify: found no key, want --key FILE or --key-url URL")
	case o.key != "" && o.keyURL != "" && typed("key") == typed("key-url"):
		return key, nil, exit.Usagef("verify: %s and %s exclude each other; --other-key FILE names further keys", o.Origin("key"), o.Origin("key-url"))
	case o.keyURL == "" || o.key != "" && typed("key"):
		key, err = o.readKey("key", o.key)
	default:
		key, err = o.fetchKey(ctx)
	}
	if err != nil {
		return key, nil, err
	}
	for _, file := range o.otherKeys {
		other, err := o.readKey("other-key", file)
		if err != nil {
			return key, nil, err
		}
		others = append(others, other)
	}
	// What everybody may have signed with by mistake.
	if public, err := diagnose.ReadKey(fixtures.PublicKey()); err == nil {
		public.Name = "the test key of rtkmock's fixtures"
		others = append(others, public)
	}
	return key, others, nil
}

func (o *options) readKey(flag, file string) (diagnose.Key, error) {
	data, err := o.ReadFile(flag, file, app.MaxKeyFile)
	if err != nil {
		return diagnose.Key{}, err
	}
	key, err := diagnose.ReadKey(data)
	if err != nil {
		return key, o.BadFlag(flag, "%s: %s", file, exit.Plain(err))
	}
	key.Name = file
	return key, nil
}

// fetchLimit bounds the time of a fetch from --key-url.
const fetchLimit = 5 * time.Second

// fetchKey gets the key document from --key-url. It follows no redirect: where a
// key comes from is for the user to say. Nothing is proved without the key.
func (o *options) fetchKey(ctx context.Context) (diagnose.Key, error) {
	u, err := url.Parse(o.keyURL)
	if !target.IsHTTP(u, err) {
		return diagnose.Key{}, o.BadFlag("key-url", "found %q, want http://HOST:PORT/.well-known/webhooks.json", redact.Typed(o.keyURL))
	}
	name := redact.URL(o.keyURL)
	limited, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	key, err := fetch(limited, o.keyURL)
	switch {
	case err != nil && ctx.Err() != nil:
		return key, exit.ErrInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", fetchLimit)
	}
	if err != nil {
		return key, exit.Errorf(exit.Inconclusive, "%s: %s: no key came from there: %w", o.Origin("key-url"), name, err)
	}
	key.Name, key.Document = name, false // a document is what is fetched from there
	return key, nil
}

func fetch(ctx context.Context, from string) (diagnose.Key, error) {
	var none diagnose.Key
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return none, err
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if inner := new(url.Error); errors.As(err, &inner) {
		return none, inner.Err // without the URL: it may hold secrets
	}
	if err != nil {
		return none, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return none, fmt.Errorf("it answered %d, want 200", res.StatusCode)
	}
	data, err := files.ReadAll(res.Body, app.MaxKeyFile)
	if err != nil {
		return none, err
	}
	key, err := diagnose.ReadKey(data)
	if err != nil {
		return none, errors.New(exit.Plain(err))
	}
	return key, nil
}
