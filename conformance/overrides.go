package conformance

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// applyOverrides applies the user's changes to a body. Events without the place keep
// their form: not every event has a meeting object, and what is no JSON object
// has no places at all.
func (o Options) applyOverrides(body []byte) []byte {
	for _, c := range o.Set {
		if changed, err := payload.Set(body, c.Path, c.Value); err == nil {
			body = changed
		}
	}
	for _, path := range o.Unset {
		if changed, err := payload.Unset(body, path); err == nil {
			body = changed
		}
	}
	return body
}

// firstString returns the first string member that body has at one of paths.
func firstString(body []byte, paths ...string) string {
	for _, path := range paths {
		if s := stringAt(body, path); s != "" {
			return s
		}
	}
	return ""
}

func stringAt(body []byte, path string) string {
	value, err := payload.Get(body, path)
	if err != nil {
		return ""
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// leadsHere reports whether body has download links that lead to the station.
func (s *Endpoints) leadsHere(body []byte) bool {
	return bytes.Contains(body, []byte(s.ArtifactsURL()+"/"))
}

// publicLinks returns body with its links to the station turned to a public
// host.
func (s *Endpoints) publicLinks(body []byte) []byte {
	return bytes.ReplaceAll(body, []byte(s.ArtifactsURL()+"/"), []byte(publicHost+"/"))
}

// tokens returns the tokens of the download links in body that lead to the
// station.
func (s *Endpoints) tokens(body []byte) []string {
	var out []string
	for _, link := range payload.URLs(body) {
		rest, ok := strings.CutPrefix(link, s.ArtifactsURL()+"/")
		if !ok {
			continue
		}
		if parts := strings.Split(rest, "/"); len(parts) == 3 {
			out = append(out, parts[1])
		}
	}
	return out
}
