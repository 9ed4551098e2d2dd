package intercept

import (
	"slices"
	"strings"
	"sync"
)

// Contact counts what came for a host. A command that connects and then asks
// for nothing does not trust the authority: it has roots of its own.
type Contact struct {
	Host        string `json:"host"`
	Connections int    `json:"connections"` // TLS connections that named it
	Answered    int    `json:"answered"`    // requests that the handler answered
	Forwarded   int    `json:"forwarded"`   // requests that went on to the real host
	Refused     int    `json:"refused"`     // requests that were not let go there
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
