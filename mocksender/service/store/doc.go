// Package store holds what a service knows: the webhooks, and the deliveries to
// them with all their attempts. They are plain values that JSON keeps without
// loss.
//
// A Store keeps them: NewMemory until the process ends, OpenDisk in a folder.
package store
