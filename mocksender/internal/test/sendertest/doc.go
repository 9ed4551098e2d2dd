// Package sendertest holds what the tests of several packages need to try a
// Sender: keys, a sample delivery, targets in memory and on the loopback. Only
// tests import it.
package sendertest
