// Package artifacts serves what the download links of payloads lead to: chats,
// recordings, transcripts and summaries, in the formats that receivers meet. The
// content is made from the token of the link, or from a description of the
// meeting. Recordings play, and links expire when they should. The server logs
// who came for which token. Each link goes out in one payload only, so a visit
// shows that somebody acted on that payload. The server reads no files, so a
// request reaches nothing else.
package artifacts
