// Package artifacts serves what the download links of payloads lead to: chats,
// recordings, transcripts and summaries in the formats that receivers meet,
// made from the link's token or from a description of its meeting. Recordings
// play, links expire where they are told to, and the server notes who came for
// which token. A link goes out in one payload only, so a visit shows that
// somebody acted on that payload. No file is read: nothing can be reached but
// what is made here.
package artifacts
