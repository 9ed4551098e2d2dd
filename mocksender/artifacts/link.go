package artifacts

import (
	"bytes"
	"path"
	"strings"
)

// link is what a request path asks for. It is zero unless the path is
// /KIND/TOKEN/FILE with a known kind and a valid token. The link to a playlist
// has a file only: all events of a livestream share its playbackUrl, so a
// request for it does not show that somebody acted on one of them.
type link struct {
	kind  Kind
	token string
	file  string
}

const playlistFile = "live.m3u8"

func parseLink(path string) link {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) != 3 || !validToken(parts[1]) {
		return link{}
	}
	l := link{Kind(parts[0]), parts[1], parts[2]}
	switch {
	case l.kind == "live" && l.file == playlistFile:
		return link{file: playlistFile}
	case l.kind.formats() == nil:
		return link{}
	}
	return l
}

// maxToken bounds the memory that one token takes.
const maxToken = 128

// validToken accepts UUIDs, hexadecimal and both alphabets of Base64, without
// the slash.
func validToken(token string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+="
	return token != "" && len(token) <= maxToken && strings.Trim(token, alphabet) == ""
}

// format returns the format that the extension of the file selects.
func (l link) format() (format, bool) {
	if l == (link{file: playlistFile}) {
		return format{".m3u8", "application/vnd.apple.mpegurl", writePlaylist}, true
	}
	extension := strings.ToLower(path.Ext(l.file))
	for _, f := range l.kind.formats() {
		if f.extension == extension {
			return f, true
		}
	}
	return format{}, false
}

// writePlaylist writes an HTTP Live Streaming playlist (RFC 8216) of a stream
// that is over, without any segments.
func writePlaylist(out *bytes.Buffer, _ source) {
	out.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-ENDLIST\n")
}
