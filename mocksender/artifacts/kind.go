package artifacts

import (
	"net/url"
	"path"
	"strings"
)

// Kind is a sort of artifact, and the first element of its path.
type Kind string

// The kinds, and the payload member that leads to each.
const (
	Chat       Kind = "chat"       // chatDownloadUrl
	Recording  Kind = "recording"  // recording.downloadUrl
	Audio      Kind = "audio"      // recording.audioDownloadUrl
	Transcript Kind = "transcript" // transcriptDownloadUrl
	Summary    Kind = "summary"    // summaryDownloadUrl
)

// Kinds returns the five kinds. The caller owns the slice.
func Kinds() []Kind { return []Kind{Chat, Recording, Audio, Transcript, Summary} }

// Extensions returns the file name extensions that are served under k, the one
// of the guide's sample first. They choose the format; the rest of the file
// name is free. It is nil for what is no kind.
func (k Kind) Extensions() []string {
	var out []string
	for _, f := range k.formats() {
		out = append(out, f.extension)
	}
	return out
}

// Path returns the path under which a Server serves file of kind k and token,
// below the prefix that it is mounted at: /KIND/TOKEN/FILE, escaped.
func (k Kind) Path(token, file string) string {
	return "/" + string(k) + "/" + url.PathEscape(token) + "/" + url.PathEscape(file)
}

// format is one file format of a kind.
type format struct {
	extension   string
	contentType string
	render      func(subject) ([]byte, error)
}

// formats lists the formats of k. The guide's samples name one each (.json,
// .mp4, .mp3, .csv, .txt); the others are practice. An image and a text under
// Chat are what its messages link to.
func (k Kind) formats() []format {
	mp4 := format{".mp4", "video/mp4", renderMP4}
	mp3 := format{".mp3", "audio/mpeg", renderMP3}
	switch k {
	case Chat:
		return []format{
			{".json", "application/json", renderChat},
			{".csv", "text/csv; charset=utf-8", renderChatCSV},
			{".png", "image/png", renderImage},
			{".txt", "text/plain; charset=utf-8", renderFile},
		}
	case Recording:
		return []format{mp4, mp3}
	case Audio:
		return []format{mp3, mp4}
	case Transcript:
		return []format{
			{".csv", "text/csv; charset=utf-8", renderCSV},
			{".json", "application/json", renderTranscript},
			{".srt", "application/x-subrip; charset=utf-8", renderSRT},
			{".vtt", "text/vtt; charset=utf-8", renderVTT},
		}
	case Summary:
		return []format{
			{".txt", "text/plain; charset=utf-8", renderText},
			{".md", "text/markdown; charset=utf-8", renderMarkdown},
		}
	}
	return nil
}

// target is what a request path asks for. token is empty unless the path has
// the form /KIND/TOKEN/FILE with one of the kinds and a well-formed token.
type target struct {
	kind  Kind
	token string
	file  string
	// playlist says that it is the playbackUrl of a livestream, which is the same
	// in all of its events, so that a visit tells nothing of one of them.
	playlist bool
}

// The path of a playlist is /live/ID/live.m3u8.
const (
	liveKind = "live"
	liveFile = "live.m3u8"
)

func parsePath(p string) target {
	parts := strings.Split(strings.TrimPrefix(p, "/"), "/")
	if len(parts) != 3 {
		return target{}
	}
	t := target{kind: Kind(parts[0]), token: parts[1], file: parts[2]}
	if t.kind == liveKind && t.file == liveFile && wellFormed(t.token) {
		return target{file: liveFile, playlist: true}
	}
	if t.kind.formats() == nil || !wellFormed(t.token) {
		return target{}
	}
	return t
}

// maxToken bounds what one entry of the index takes.
const maxToken = 128

// wellFormed admits UUIDs, hexadecimal and both alphabets of Base64 but for
// the slash.
func wellFormed(token string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+="
	return token != "" && len(token) <= maxToken && strings.Trim(token, alphabet) == ""
}

// format returns what the file name's extension asks for.
func (t target) format() (format, bool) {
	if t.playlist {
		return format{".m3u8", "application/vnd.apple.mpegurl", renderPlaylist}, true
	}
	extension := strings.ToLower(path.Ext(t.file))
	for _, f := range t.kind.formats() {
		if f.extension == extension {
			return f, true
		}
	}
	return format{}, false
}

// renderPlaylist is the HTTP Live Streaming playlist (RFC 8216) of a stream that
// is over and of which nothing is left.
func renderPlaylist(subject) ([]byte, error) {
	return []byte("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-ENDLIST\n"), nil
}
