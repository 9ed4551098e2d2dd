package conformance

import (
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// controls are the event types that a target is known to accept.
type controls struct {
	first rtk.EventType // of the first contact

	mu      sync.Mutex
	control rtk.EventType // of controls and twins; empty: not known
	linked  rtk.EventType // with download links; empty: none
}

func (c *controls) controlType() rtk.EventType {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.control == "" {
		return c.first
	}
	return c.control
}

func (c *controls) linkedType() rtk.EventType {
	c.mu.Lock()
	linked := c.linked
	c.mu.Unlock()
	if linked == "" {
		return c.controlType()
	}
	return linked
}
