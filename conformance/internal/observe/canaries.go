package observe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// Canaries are the download links of a delivery: each has a token of its own, and
// a visit to it shows that the target acts on the delivery.

// CanariesOn reports whether the target follows download links, and
// CanariesDetail why, or why not.
func (e *Effects) CanariesOn() bool       { return e.found.canaries }
func (e *Effects) CanariesDetail() string { return e.found.canariesDetail }

// Followed reports whether a download link of x was followed so far.
func (e *Effects) Followed(x *exchange.Exchange) bool {
	return slices.ContainsFunc(e.requested(x).links, func(token string) bool { return e.o.Artifacts.Visits(token) > 0 })
}

// Guarded notes that the target refused x for its links into the target's own
// network.
func (c *Collector) Guarded(x *exchange.Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.guarded == nil {
		c.guarded = x
	}
}

// canaryLag is the longest time so far from a genuine delivery to the first visit
// of one of its links.
func (c *Collector) canaryLag() time.Duration {
	var lag time.Duration
	for _, x := range c.o.Sent(exchange.Genuine) {
		for _, token := range c.requested(x).links {
			if at, ok := c.o.Artifacts.FirstVisit(token); ok {
				lag = max(lag, at.Sub(x.Ended))
			}
		}
	}
	return min(lag, c.o.Timeout)
}

func (c *Collector) forgeriesHaveLinks() bool {
	return slices.ContainsFunc(c.o.Sent(exchange.Forgery), func(x *exchange.Exchange) bool { return len(c.requested(x).links) > 0 })
}

// readCanaries finds out whether the target follows download links.
func (c *Collector) readCanaries() {
	linked := false
	for _, x := range c.o.Sent(exchange.Genuine) {
		linked = linked || len(c.requested(x).links) > 0
		c.found.canaries = c.found.canaries || c.Followed(x)
	}
	switch {
	case c.found.canaries:
		c.found.canariesDetail = "the target follows the download links, which lead back here"
	case c.guarded != nil:
		c.found.canariesDetail = fmt.Sprintf("off: the target refuses links into its own network (%s), and takes public https links", c.guarded.Answered())
	case !linked:
		c.found.canariesDetail = "off: no delivery with a download link was due"
	default:
		c.found.canariesDetail = "off: the target follows no download link of a genuine delivery"
	}
	if note := c.o.LinksNote(); note != "" {
		c.found.canariesDetail += "; " + note
	}
}

// tokens returns the tokens of the download links in body that lead to one of bases.
func tokens(bases []string, body []byte) []string {
	var out []string
	for _, link := range payload.URLs(body) {
		for _, base := range bases {
			rest, ok := strings.CutPrefix(link, base+"/")
			if parts := strings.Split(rest, "/"); ok && len(parts) == 3 {
				out = append(out, parts[1])
			}
		}
	}
	return out
}
