// Package artifacts serves what the download links of payloads lead to: chats,
// recordings, transcripts and summaries that look the part, made from the
// link's token. It notes who came for which token. A link goes out in one
// payload only, so a visit shows that somebody acted on that payload.
package artifacts
