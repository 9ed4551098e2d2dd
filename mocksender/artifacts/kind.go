package artifacts

import (
	"bytes"
	"net/url"
)

// Kind is a sort of artifact, and the first element of its path.
type Kind string

// The kinds, each with the payload member that links to it.
const (
	Chat       Kind = "chat"       // chatDownloadUrl
	Recording  Kind = "recording"  // recording.downloadUrl
	Audio      Kind = "audio"      // recording.audioDownloadUrl
	Transcript Kind = "transcript" // transcriptDownloadUrl
	Summary    Kind = "summary"    // summaryDownloadUrl
)

// Kinds returns the five kinds. The caller owns the slice.
func Kinds() []Kind { return []Kind{Chat, Recording, Audio, Transcript, Summary} }

// Path returns the path of a file of kind k, relative to where the Server is
// mounted: /KIND/TOKEN/FILE, escaped.
func (k Kind) Path(token, file string) string {
	return "/" + string(k) + "/" + url.PathEscape(token) + "/" + url.PathEscape(file)
}

// Extensions returns the file name extensions that are served for k. The first
// one is that of the guide's sample. The extension selects the format; the rest
// of the file name is free. Extensions returns nil for an unknown kind.
func (k Kind) Extensions() []string {
	var out []string
	for _, f := range k.formats() {
		out = append(out, f.extension)
	}
	return out
}

// format is a file format of a kind.
type format struct {
	extension   string
	contentType string
	write       func(*bytes.Buffer, source)
}

// formats returns the formats of k. The guide's samples show one per kind
// (.json, .mp4, .mp3, .csv, .txt); the others are practice. The image and the
// text of Chat are the attachments of its messages.
func (k Kind) formats() []format {
	mp4 := format{".mp4", "video/mp4", writeMP4}
	mp3 := format{".mp3", "audio/mpeg", writeMP3}
	switch k {
	case Chat:
		return []format{
			{".json", "application/json", writeChatJSON},
			{".csv", "text/csv; charset=utf-8", writeChatCSV},
			{".png", "image/png", writeChatImage},
			{".txt", "text/plain; charset=utf-8", writeChatFile},
		}
	case Recording:
		return []format{mp4, mp3}
	case Audio:
		return []format{mp3, mp4}
	case Transcript:
		return []format{
			{".csv", "text/csv; charset=utf-8", writeTranscriptCSV},
			{".json", "application/json", writeTranscriptJSON},
			{".srt", "application/x-subrip; charset=utf-8", writeTranscriptSRT},
			{".vtt", "text/vtt; charset=utf-8", writeTranscriptVTT},
		}
	case Summary:
		return []format{
			{".txt", "text/plain; charset=utf-8", writeSummaryText},
			{".md", "text/markdown; charset=utf-8", writeSummaryMarkdown},
		}
	}
	return nil
}
