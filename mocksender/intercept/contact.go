package intercept

import (
	"slices"
	"strings"
	"sync"
)

// Contact counts what came for a host.
type Contact struct {
	Host        string `json:"host"`
	Connections int    `json:"connections"` // TLS connections that named it
	Unasked     int    `json:"unasked"`     // of these, those that ended without a request, and not for a fault
	Answered    int    `json:"answered"`    // requests that the handler answered
	Forwarded   int    `json:"forwarded"`   // requests that went on to the real host
	Refused     int    `json:"refused"`     // requests that were not let go there
}

// Distrusted reports whether the client connected, and never asked for anything: it
// does not trust the authority, as it has roots of its own.
func (c Contact) Distrusted() bool {
	return c.Unasked > 0 && c.Answered+c.Forwarded+c.Refused == 0
}

// contacts counts by host.
type contacts struct {
	mu     sync.Mutex
	byHost map[string]*Contact
}

func (c *contacts) count(host string, change func(*Contact)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byHost == nil {
		c.byHost = map[string]*Contact{}
	}
	if c.byHost[host] == nil {
		c.byHost[host] = &Contact{Host: host}
	}
	change(c.byHost[host])
}

// all returns the contacts so far, sorted by host.
func (c *contacts) all() []Contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Contact
	for _, one := range c.byHost {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Contact) int { return strings.Compare(a.Host, b.Host) })
	return all
}
