// Package media makes one small recording, as MP4 and as MP3, that players
// play: a dot goes round once while a soft tone sounds. The files are written
// bit by bit from the formats' standards, by integer arithmetic alone, so every
// call gives the same bytes on every machine. No encoder may enter: what moves
// is sent as plain samples, what stands still is skipped, and the tone is the
// same two spectral lines in every frame.
package media

import "time"

// Duration is how long the recording lasts. It is a whole number of video
// frames, of AAC frames and of MP3 frames.
const Duration = 4800 * time.Millisecond

const sampleRate = 48_000 // of the tone, in both files
