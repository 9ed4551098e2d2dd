package payload

import "encoding/json"

// URLs returns the download links in body, at any depth, in the order in which
// they stand. They are the strings in the members downloadUrl, audioDownloadUrl,
// chatDownloadUrl, transcriptDownloadUrl and summaryDownloadUrl. It returns nil if
// body is not JSON.
//
// A generated link is BaseURL/KIND/TOKEN/FILE. KIND and FILE are chat and
// chat.json, recording and recording.mp4, audio and recording.mp3, transcript
// and transcript.csv, or summary and summary.txt. TOKEN is a UUID that no other
// link of the meeting has.
func URLs(body []byte) []string {
	if !json.Valid(body) {
		return nil
	}
	return appendURLs(nil, body, skipSpace(body, 0))
}

func appendURLs(urls []string, body []byte, at int) []string {
	if body[at] != '{' && body[at] != '[' {
		return urls
	}
	for _, item := range itemsAt(body, at) {
		if isLink(item.name) && body[item.start] == '"' {
			urls = append(urls, unquote(body[item.start:item.end]))
			continue
		}
		urls = appendURLs(urls, body, item.start)
	}
	return urls
}

func isLink(member string) bool {
	switch member {
	case "downloadUrl", "audioDownloadUrl", "chatDownloadUrl", "transcriptDownloadUrl", "summaryDownloadUrl":
		return true
	}
	return false
}
