package events

import "bytes"

// publicHost stands for a media server on the public internet. Nothing is ever
// sent there; the name is reserved and does not resolve.
const publicHost = "https://media.rtkmock.example"

// LinksHere reports whether body has download links that lead to the harness.
func (s *Source) LinksHere(body []byte) bool {
	return bytes.Contains(body, []byte(s.o.LinksURL+"/"))
}

// WithPublicLinks returns body with these links changed to a public host.
func (s *Source) WithPublicLinks(body []byte) []byte {
	return bytes.ReplaceAll(body, []byte(s.o.LinksURL+"/"), []byte(publicHost+"/"))
}

// UsePublicLinks gives all further events links to a public host.
func (s *Source) UsePublicLinks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.public = true
	s.live, s.spare = nil, nil // its links lead to the harness
}
