package service

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// admit asks, before an attempt, whether there may be one.
func (s *Service) admit(j *job, hook Webhook, n int) (State, string) {
	if reason := s.remote(hook.URL); reason != "" {
		return NotTried, reason
	}
	if n > 1 || j.admitted {
		return "", ""
	}
	j.admitted = true
	switch s.healthFor(j).Admit(hook.ID) {
	case mocksender.Reduced:
		return NotTried, "attempts at the webhook are reduced after repeated failures"
	case mocksender.Probing:
		j.probe = true
	}
	return "", ""
}

// healthFor returns the account of failures that decides on j.
func (s *Service) healthFor(j *job) *mocksender.Health {
	if j.ask.health != nil {
		return j.ask.health
	}
	return s.health
}

// lookupLimit bounds how long a target's name may take to resolve.
const lookupLimit = 2 * time.Second

// remote says why a target is out of bounds, or nothing.
func (s *Service) remote(target string) string {
	if s.o.AllowRemote {
		return ""
	}
	u, err := url.Parse(target)
	if err != nil {
		return "" // the sender says it better
	}
	ctx, cancel := context.WithTimeout(s.ctx, lookupLimit)
	defer cancel()
	switch near, known := mocksender.AllowedByDefault(ctx, u.Hostname()); {
	case near:
		return ""
	case !known:
		return fmt.Sprintf("the host %s does not resolve, so it cannot be told to be a private one; remote targets have to be allowed", u.Hostname())
	}
	return fmt.Sprintf("the host %s is neither this machine nor in a private network; remote targets have to be allowed", u.Hostname())
}

// prepare lays the request out: once for all attempts, unless the webhook has
// another URL by now or each attempt has its own uuid.
func (s *Service) prepare(j *job, hook Webhook, n int) (*mocksender.Prepared, error) {
	renumber := n > 1 && s.o.Sender.RetryUUID == mocksender.NewUUID
	if j.prepared != nil && j.forURL == hook.URL && !renumber {
		return j.prepared, nil
	}
	d := mocksender.Delivery{UUID: j.d.UUID, WebhookID: hook.ID, Mutations: j.ask.made}
	d.Event.Type, d.Event.Body = j.d.Event, j.d.Body
	if renumber {
		d.UUID = s.ids.uuids.Next()
	}
	var err error
	if d.Faults, err = planOf(j.d.Faults); err != nil {
		return nil, err
	}
	if d.Mutations == nil {
		for _, id := range j.d.Mutations {
			m, err := mutation.ByID(mutation.Options{}, id)
			if err != nil {
				return nil, err
			}
			d.Mutations = append(d.Mutations, m)
		}
	}
	p, err := s.sender.Prepare(hook.URL, d)
	if err != nil {
		return nil, err
	}
	j.prepared, j.forURL = p, hook.URL
	return p, nil
}
